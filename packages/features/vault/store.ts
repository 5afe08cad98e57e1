import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface TenantKeyRow {
  readonly version: number;
  readonly wrapped: Uint8Array;
}

/** Adds a version unless it exists already. */
export async function insertTenantKey(tx: Tx, key: TenantKeyRow): Promise<void> {
  await sql`
    insert into mcp.tenant_keys (tenant_id, version, wrapped)
    values (current_setting('app.tenant_id')::uuid, ${key.version}, ${key.wrapped})
    on conflict (tenant_id, version) do nothing`.execute(tx);
}

export async function selectTenantKey(tx: Tx, version: number): Promise<TenantKeyRow | undefined> {
  const { rows } = await sql<TenantKeyRow>`
    select version, wrapped from mcp.tenant_keys where version = ${version}`.execute(tx);
  return rows[0];
}
