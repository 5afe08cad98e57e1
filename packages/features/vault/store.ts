import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

interface NewTenantKey {
  readonly version: number;
  readonly wrapped: Uint8Array;
}

export interface TenantKeyRow extends NewTenantKey {
  /** Whether an earlier transaction stored it; a key of this one may still be rolled back. */
  readonly settled: boolean;
}

/** Adds a version unless it exists already. */
export async function insertTenantKey(tx: Tx, key: NewTenantKey): Promise<void> {
  await sql`
    insert into mcp.tenant_keys (tenant_id, version, wrapped)
    values (current_setting('app.tenant_id')::uuid, ${key.version}, ${key.wrapped})
    on conflict (tenant_id, version) do nothing`.execute(tx);
}

export async function selectTenantKey(tx: Tx, version: number): Promise<TenantKeyRow | undefined> {
  const { rows } = await sql<TenantKeyRow>`
    select version, wrapped, created_at < now() as settled from mcp.tenant_keys where version = ${version}`.execute(tx);
  return rows[0];
}
