import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Flag } from './flag.ts';

const columns = sql`key, description, kind, enabled, variants, default_variant as "defaultVariant",
  off_variant as "offVariant", targeting, gates,
  to_char(updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "updatedAt"`;

/** Every flag of the tenant, by key. */
export async function selectFlags(tx: Tx): Promise<readonly Flag[]> {
  const { rows } = await sql<Flag>`select ${columns} from mcp.feature_flags order by key`.execute(tx);
  return rows;
}

/** The number of the tenant's flags without this one; others who count wait until the transaction ends. */
export async function countOtherFlags(tx: Tx, key: string): Promise<number> {
  await sql`select pg_advisory_xact_lock(727100181, hashtext(current_setting('app.tenant_id')))`.execute(tx);
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.feature_flags where key <> ${key}`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Sets a flag, whether there was one or not. */
export async function upsertFlag(tx: Tx, flag: Omit<Flag, 'updatedAt'>): Promise<Flag | undefined> {
  const { rows } = await sql<Flag>`
    insert into mcp.feature_flags
      (tenant_id, key, description, kind, enabled, variants, default_variant, off_variant, targeting, gates)
    values (current_setting('app.tenant_id')::uuid, ${flag.key}, ${flag.description}, ${flag.kind}, ${flag.enabled},
      ${JSON.stringify(flag.variants)}::jsonb, ${flag.defaultVariant}, ${flag.offVariant},
      ${JSON.stringify(flag.targeting)}::jsonb, ${[...flag.gates]}::text[])
    on conflict (tenant_id, key) do update
    set description = excluded.description, kind = excluded.kind, enabled = excluded.enabled, variants = excluded.variants,
        default_variant = excluded.default_variant, off_variant = excluded.off_variant, targeting = excluded.targeting,
        gates = excluded.gates, updated_at = now()
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Removes a flag; false where there was none. */
export async function deleteFlag(tx: Tx, key: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.feature_flags where key = ${key} returning key`.execute(tx);
  return rows.length > 0;
}
