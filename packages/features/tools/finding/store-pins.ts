import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** The names of the pinned tools, in order. */
export async function selectPins(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select name from mcp.pinned_tools order by name`.execute(tx);
  return rows.map(({ name }) => name);
}

/** False where it is pinned already. */
export async function insertPin(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.pinned_tools (tenant_id, name) values (current_setting('app.tenant_id')::uuid, ${name})
    on conflict (tenant_id, name) do nothing returning name`.execute(tx);
  return rows.length > 0;
}

/** False where it is not pinned. */
export async function deletePin(tx: Tx, name: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.pinned_tools where name = ${name} returning name`.execute(tx);
  return rows.length > 0;
}
