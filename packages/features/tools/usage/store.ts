import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { classes } from './histogram.ts';

/** What was counted of one tool, one caller and one hour. */
export interface UsageCount {
  readonly hour: Date;
  readonly tool: string;
  readonly service: string;
  readonly principal: string;
  readonly calls: number;
  readonly errors: number;
  readonly answerBytes: number;
  readonly milliseconds: number;
  readonly buckets: readonly number[];
}

/** Adds counts to those that are there. */
export async function addUsage(tx: Tx, counts: readonly UsageCount[]): Promise<void> {
  const rows = counts.map(
    (
      count,
    ) => sql`(current_setting('app.tenant_id')::uuid, ${count.hour}::timestamptz, ${count.tool}::text, ${count.service}::text,
      ${count.principal}::text, ${count.calls}::bigint, ${count.errors}::bigint, ${count.answerBytes}::bigint,
      ${count.milliseconds}::bigint, ${[...count.buckets]}::bigint[])`,
  );
  await sql`
    insert into mcp.tool_usage as usage
      (tenant_id, hour, tool, service, principal, calls, errors, answer_bytes, milliseconds, buckets)
    values ${sql.join(rows)}
    on conflict (tenant_id, hour, tool, principal) do update
      set calls = usage.calls + excluded.calls, errors = usage.errors + excluded.errors,
          answer_bytes = usage.answer_bytes + excluded.answer_bytes, milliseconds = usage.milliseconds + excluded.milliseconds,
          buckets = array(select one + other from unnest(usage.buckets, excluded.buckets) with ordinality as pair (one, other, at)
                          order by at)`.execute(tx);
}

export type UsageGroup = 'tool' | 'service' | 'principal';

interface UsageQuery {
  readonly from: Date;
  readonly to: Date;
  readonly group: UsageGroup;
  readonly limit: number;
}

/** What was counted of one tool, service or caller. */
export interface UsageRow {
  readonly name: string;
  readonly calls: number;
  readonly errors: number;
  readonly answerBytes: number;
  readonly milliseconds: number;
  readonly buckets: readonly number[];
  /** Null where no price is set. */
  readonly costMicros: number | null;
}

/** The most called first. */
export async function selectUsage(tx: Tx, { from, to, group, limit }: UsageQuery): Promise<readonly UsageRow[]> {
  const name = sql.ref(`usage.${group}`);
  const buckets = sql.join(
    Array.from(
      { length: classes },
      (_, at) => sql`sum(coalesce(usage.buckets[${sql.lit(at + 1)}], 0))::double precision`,
    ),
  );
  const { rows } = await sql<UsageRow>`
    select ${name} as name, sum(usage.calls)::double precision as calls, sum(usage.errors)::double precision as errors,
           sum(usage.answer_bytes)::double precision as "answerBytes", sum(usage.milliseconds)::double precision as milliseconds,
           array[${buckets}] as buckets,
           sum(usage.calls * price.micros_per_call)::double precision as "costMicros"
    from mcp.tool_usage usage
    left join mcp.tool_configurations tool on tool.tenant_id = usage.tenant_id and tool.name = usage.service
    left join mcp.tool_prices price on price.tenant_id = tool.tenant_id and price.tool_id = tool.id
    where usage.hour >= ${from} and usage.hour < ${to}
    group by ${name} order by sum(usage.calls) desc, ${name} limit ${limit}`.execute(tx);
  return rows;
}

/** False where there is no such service. */
export async function upsertPrice(tx: Tx, toolId: string, microsPerCall: number): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.tool_prices (tenant_id, tool_id, micros_per_call)
    select tenant_id, id, ${microsPerCall}::bigint from mcp.tool_configurations where id = ${toolId}
    on conflict (tenant_id, tool_id) do update set micros_per_call = excluded.micros_per_call
    returning tool_id`.execute(tx);
  return rows.length > 0;
}
