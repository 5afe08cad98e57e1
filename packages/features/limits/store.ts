import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { LimitDefinition, LimitSubject } from './definition.ts';

const columns = sql`scope, subject, maximum as "limit", window_seconds as "windowSeconds",
  to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "updatedAt"`;

/** Every limit of the tenant, by scope and subject. */
export async function selectLimits(tx: Tx): Promise<readonly LimitDefinition[]> {
  const { rows } = await sql<LimitDefinition>`select ${columns} from mcp.limits order by scope, subject`.execute(tx);
  return rows;
}

/** The number of the tenant's limits without this one; others who count wait until the transaction ends. */
export async function countOtherLimits(tx: Tx, { scope, subject }: LimitSubject): Promise<number> {
  await sql`select pg_advisory_xact_lock(727100180, hashtext(current_setting('app.tenant_id')))`.execute(tx);
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.limits where (scope, subject) <> (${scope}, ${subject})`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Sets a limit, whether there was one or not. */
export async function upsertLimit(tx: Tx, limit: Omit<LimitDefinition, 'updatedAt'>): Promise<LimitDefinition[]> {
  const { rows } = await sql<LimitDefinition>`
    insert into mcp.limits (tenant_id, scope, subject, maximum, window_seconds)
    values (current_setting('app.tenant_id')::uuid, ${limit.scope}, ${limit.subject}, ${limit.limit}, ${limit.windowSeconds})
    on conflict (tenant_id, scope, subject) do update
    set maximum = excluded.maximum, window_seconds = excluded.window_seconds, updated_at = now()
    returning ${columns}`.execute(tx);
  return rows;
}

/** Removes a limit; false where there was none. */
export async function deleteLimit(tx: Tx, { scope, subject }: LimitSubject): Promise<boolean> {
  const { rows } = await sql`
    delete from mcp.limits where scope = ${scope} and subject = ${subject} returning scope`.execute(tx);
  return rows.length > 0;
}
