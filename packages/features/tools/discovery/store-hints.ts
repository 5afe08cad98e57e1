import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

const mostPerProduct = 8;
const mostOfAll = 500;

/** The paths where descriptions of a product were found, the most proven first. */
export async function selectHints(tx: Tx, fingerprint: string): Promise<readonly string[]> {
  const { rows } = await sql<{ path: string }>`
    select path from mcp.discovery_hints where fingerprint = ${fingerprint}
    order by finds desc, found_at desc limit ${mostPerProduct}`.execute(tx);
  return rows.map(({ path }) => path);
}

/** Remembers where descriptions of a product were found; what was found longest ago is forgotten beyond a bound. */
export async function rememberHints(tx: Tx, fingerprint: string, paths: readonly string[]): Promise<void> {
  for (const path of paths.slice(0, mostPerProduct)) {
    await sql`
      insert into mcp.discovery_hints (tenant_id, fingerprint, path)
      values (current_setting('app.tenant_id')::uuid, ${fingerprint}, ${path})
      on conflict (tenant_id, fingerprint, path)
      do update set finds = mcp.discovery_hints.finds + 1, found_at = now()`.execute(tx);
  }
  await sql`
    delete from mcp.discovery_hints where (fingerprint, path) in
      (select fingerprint, path from mcp.discovery_hints order by found_at desc, finds desc offset ${mostOfAll})`.execute(
    tx,
  );
}
