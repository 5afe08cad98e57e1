import { sql } from 'kysely';
import type { Tx } from '../database/port.ts';
import { turnsOf } from './database-turns.ts';
import { entryIdOf, placesOf } from './entry-id.ts';
import type { Backlog, ClaimOptions, Delivery, Reader, StreamEntry } from './port.ts';

/*
 * What it costs, by the pages of the indexes that are touched, with 20,000 unread entries or with none:
 * - append: one statement; an entry is one row, and one more for each group.
 * - read: one step through an index for each tenant looked at (at most `count` and 16 more), one for each entry taken.
 * - claim: 24 steps through an index, one for each entry taken.
 * - hold, release, acknowledge: one step for each entry, by its primary key.
 * - backlog: one index entry for each unread or held entry, at most 100,000 of each.
 * - trim: one pass over the entries of the topic.
 * Readers lock only the rows they take (SKIP LOCKED), so they do not wait for each other.
 */

type Row = StreamEntry & { readonly id: number; readonly deliveries: number };

const countedUpTo = 100_000;
const form = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\/\d{1,18}$/u;

/** Makes the group and gives it everything that is still in the topic. */
export async function makeGroup(tx: Tx, topic: string, group: string): Promise<void> {
  const present = await sql`
    select from mcp.stream_groups where topic = ${topic} and group_name = ${group}`.execute(tx);
  if (present.rows.length > 0) return;
  // Waits for open appends and keeps new ones out: an append either sees the group, or is seen here.
  await sql`lock table mcp.stream_entries in share row exclusive mode`.execute(tx);
  await sql`
    with made as (
      insert into mcp.stream_groups (topic, group_name) values (${topic}, ${group})
      on conflict do nothing
      returning topic, group_name
    )
    insert into mcp.stream_deliveries (tenant_id, entry_id, topic, group_name)
    select e.tenant_id, e.id, e.topic, made.group_name
    from mcp.stream_entries e join made on made.topic = e.topic`.execute(tx);
}

/** Appends the entries and gives each to every group of the topic. */
export async function appendEntries(tx: Tx, topic: string, entries: readonly StreamEntry[]): Promise<void> {
  await sql`
    with added as (
      insert into mcp.stream_entries (tenant_id, topic, kind, subject_id, traceparent)
      select (entry ->> 'tenantId')::uuid, ${topic}, entry ->> 'kind', entry ->> 'subjectId', entry ->> 'traceparent'
      from jsonb_array_elements(${JSON.stringify(entries)}::jsonb) with ordinality as given (entry, place)
      order by place
      returning tenant_id, id
    )
    insert into mcp.stream_deliveries (tenant_id, entry_id, topic, group_name)
    select added.tenant_id, added.id, g.topic, g.group_name
    from added cross join mcp.stream_groups g where g.topic = ${topic}`.execute(tx);
}

interface ReadWhat {
  readonly count: number;
  readonly except: readonly string[];
  /** The tenant that was served last; the turn goes on with the one after it. */
  readonly after: string;
}

/** Takes unread entries of the tenants in turn, in the order of the turns. */
export async function readEntries(tx: Tx, reader: Reader, what: ReadWhat): Promise<readonly Delivery[]> {
  const { rows } = await sql<Row>`
    with recursive ${turnsOf({ ...reader, ...what })},
    taken as materialized (
      select d.tenant_id, d.entry_id, d.group_name, turns.turn
      from turns cross join lateral (
        select tenant_id, entry_id, group_name from mcp.stream_deliveries
        where topic = ${reader.topic} and group_name = ${reader.group} and held_at is null
          and tenant_id = turns.tenant_id
        order by entry_id limit turns.share for update skip locked
      ) d
      limit ${what.count}
    ), ${held(reader)}
    select e.id, e.tenant_id as "tenantId", e.kind, e.subject_id as "subjectId", e.traceparent, held.deliveries
    from held
      join taken on taken.tenant_id = held.tenant_id and taken.entry_id = held.entry_id
      join mcp.stream_entries e on e.tenant_id = held.tenant_id and e.id = held.entry_id
    order by row_number() over (partition by e.tenant_id order by e.id), taken.turn`.execute(tx);
  return rows.map(toDelivery);
}

/** Takes entries that were held for too long, those first that have waited longest since they were due. */
export async function claimEntries(tx: Tx, reader: Reader, how: ClaimOptions): Promise<readonly Delivery[]> {
  const longest = how.maximumIdleMilliseconds ?? how.idleMilliseconds;
  const idle = (deliveries: ReturnType<typeof sql>): ReturnType<typeof sql> =>
    sql`least(${how.idleMilliseconds}::float8 * 2 ^ least(${deliveries} - 1, 40), ${longest}::float8)`;
  // The chance is drawn from the entry and its count, so that it does not change from look to look.
  const due = sql`held_at + interval '1 millisecond' * ${idle(sql`deliveries`)}
    * (0.75 + abs(hashint8extended(entry_id, deliveries::bigint) % 1000) / 4000.0)`;
  const { rows } = await sql<Row>`
    with taken as materialized (
      select d.tenant_id, d.entry_id, d.group_name
      from generate_series(1, 24) as level cross join lateral (
        select tenant_id, entry_id, group_name, ${due} as due_at from mcp.stream_deliveries
        where topic = ${reader.topic} and group_name = ${reader.group} and held_at is not null
          and least(deliveries, 24) = level
          and held_at <= statement_timestamp() - interval '1 millisecond' * 0.75 * ${idle(sql`level`)}
          and ${due} <= statement_timestamp()
        order by held_at limit ${how.count} for update skip locked
      ) d
      order by d.due_at limit ${how.count}
    ), ${held(reader)}
    select e.id, e.tenant_id as "tenantId", e.kind, e.subject_id as "subjectId", e.traceparent, held.deliveries
    from held join mcp.stream_entries e on e.tenant_id = held.tenant_id and e.id = held.entry_id
    order by e.id`.execute(tx);
  return rows.map(toDelivery);
}

/** Makes the rows `taken` the consumer's. */
function held(reader: Reader): ReturnType<typeof sql> {
  return sql`
    held as (
      update mcp.stream_deliveries d
      set deliveries = d.deliveries + 1, consumer = ${reader.consumer}, held_at = clock_timestamp()
      from taken t
      where d.tenant_id = t.tenant_id and d.entry_id = t.entry_id and d.group_name = t.group_name
      returning d.tenant_id, d.entry_id, d.deliveries
    )`;
}

/** Restarts the time of entries that this consumer still holds. */
export async function holdEntries(tx: Tx, reader: Reader, entryIds: readonly string[]): Promise<void> {
  await sql`
    update mcp.stream_deliveries d set held_at = clock_timestamp() from ${given(entryIds)}
    where ${same(reader)} and d.consumer = ${reader.consumer}`.execute(tx);
}

/** Makes entries that this consumer still holds unread again. */
export async function releaseEntries(tx: Tx, reader: Reader, entryIds: readonly string[]): Promise<void> {
  await sql`
    update mcp.stream_deliveries d set deliveries = d.deliveries - 1, consumer = null, held_at = null
    from ${given(entryIds)} where ${same(reader)} and d.consumer = ${reader.consumer}`.execute(tx);
}

/** Forgets held entries for the group. An entry that two groups forget at the same moment may stay for `trimEntries`. */
export async function acknowledgeEntries(
  tx: Tx,
  of: Pick<Reader, 'topic' | 'group'>,
  entryIds: readonly string[],
): Promise<void> {
  await sql`
    with done as (
      delete from mcp.stream_deliveries d using ${given(entryIds)} where ${same(of)} and d.held_at is not null
      returning d.tenant_id, d.entry_id
    )
    delete from mcp.stream_entries e using done
    where e.tenant_id = done.tenant_id and e.id = done.entry_id and not exists (
      select from mcp.stream_deliveries d
      where d.tenant_id = e.tenant_id and d.entry_id = e.id and d.group_name <> ${of.group})`.execute(tx);
}

/** Counts what the group has to read, and what its consumers hold. */
export async function countBacklog(tx: Tx, topic: string, group: string): Promise<Backlog> {
  const counted = (rows: ReturnType<typeof sql>): ReturnType<typeof sql> =>
    sql`(select count(*) from (select ${rows} limit ${countedUpTo}) counted)`;
  const own = sql`from mcp.stream_deliveries where topic = ${topic} and group_name = ${group}`;
  const { rows } = await sql<Backlog>`
    select
      case when exists (select from mcp.stream_groups where topic = ${topic} and group_name = ${group})
        then ${counted(sql`${own} and held_at is null`)}
        else ${counted(sql`from mcp.stream_entries where topic = ${topic}`)}
      end as waiting,
      ${counted(sql`${own} and held_at is not null`)} as held`.execute(tx);
  return rows[0] ?? { waiting: 0, held: 0 };
}

/** Removes up to `limit` entries without deliveries left, where the topic has a group at all. */
export async function trimEntries(tx: Tx, topic: string, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from mcp.stream_entries where (tenant_id, id) in (
      select e.tenant_id, e.id from mcp.stream_entries e
      where e.topic = ${topic}
        and exists (select from mcp.stream_groups g where g.topic = ${topic})
        and not exists (
          select from mcp.stream_deliveries d where d.tenant_id = e.tenant_id and d.entry_id = e.id)
      order by e.id limit ${limit}
    )`.execute(tx);
  return Number(numAffectedRows ?? 0);
}

/** The entries of these ids as rows `given`. */
function given(entryIds: readonly string[]): ReturnType<typeof sql> {
  const places = placesOf(entryIds, form);
  return sql`unnest(${places.map(({ tenantId }) => tenantId)}::uuid[], ${places.map(({ id }) => id)}::bigint[])
    as given (tenant_id, entry_id)`;
}

/** Whether the delivery `d` is the group's of a `given` entry. */
function same({ topic, group }: Pick<Reader, 'topic' | 'group'>): ReturnType<typeof sql> {
  // A bare topic would let a planner whose counts are old walk through all that the group holds, instead of the key.
  return sql`d.tenant_id = given.tenant_id and d.entry_id = given.entry_id
    and d.group_name = ${group} and d.topic || '' = ${topic}`;
}

function toDelivery({ id, ...row }: Row): Delivery {
  const entryId = entryIdOf({ tenantId: row.tenantId, id: String(id) });
  return { ...row, entryId, traceparent: row.traceparent ?? undefined };
}
