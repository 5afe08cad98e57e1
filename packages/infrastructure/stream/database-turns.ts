import { sql } from 'kysely';

interface Turns {
  readonly topic: string;
  readonly group: string;
  readonly count: number;
  readonly except: readonly string[];
  /** The tenant that was served last. */
  readonly after: string;
}

// Some tenants may turn out to have only entries that other readers are just taking.
const moreTenants = 16;

/**
 * The tenants whose turn it is, beginning with the one after the last served, and how many entries each is to get: as
 * common table expressions that end with `turns (tenant_id, turn, share)`. The tenants are found by hopping from one to
 * the next in the index, so that it costs the same however much each of them has queued.
 */
export function turnsOf({ topic, group, count, except, after }: Turns): ReturnType<typeof sql> {
  const tenants = count + moreTenants;
  const most = tenants + except.length;
  const first = (beyond: ReturnType<typeof sql>): ReturnType<typeof sql> => sql`
    select tenant_id from mcp.stream_deliveries
    where topic = ${topic} and group_name = ${group} and held_at is null and ${beyond}
    order by tenant_id limit 1`;
  const hops = (from: ReturnType<typeof sql>, name: ReturnType<typeof sql>): ReturnType<typeof sql> => sql`
    (select tenant_id, 1 as hop from (${first(from)}) origin
    union all
    select next.tenant_id, ${name}.hop + 1
    from ${name} cross join lateral (${first(sql`tenant_id > ${name}.tenant_id`)}) next
    where ${name}.hop < ${most})`;
  return sql`
    later as ${hops(sql`tenant_id > ${after}::uuid`, sql`later`)},
    earlier as ${hops(sql`true`, sql`earlier`)},
    ready as (
      select tenant_id, row_number() over (order by round, tenant_id) as turn from (
        select tenant_id, 1 as round from later
        union all
        select tenant_id, 2 from earlier where tenant_id <= ${after}::uuid
      ) found
      where tenant_id <> all (${except}::uuid[])
      order by round, tenant_id limit ${tenants}
    ),
    turns as (
      select tenant_id, turn, case
        when total >= ${count} then 1
        else ${count} / total + case when turn <= ${count} % total then 1 else 0 end
      end as share
      from ready cross join (select count(*)::int as total from ready) counted
      order by turn
    )`;
}
