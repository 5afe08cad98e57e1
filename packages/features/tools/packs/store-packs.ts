import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

interface Listing {
  readonly toolId: string;
  readonly listing: 'all' | 'chosen';
  /** With `chosen`. */
  readonly keys: readonly string[];
}

/** Stores which pack a service is an instance of, and where its document came from. */
export async function updatePack(
  tx: Tx,
  { toolId, pack, sourceUrl }: { readonly toolId: string; readonly pack: string; readonly sourceUrl: string | null },
): Promise<void> {
  await sql`
    update mcp.tool_configurations set pack = ${pack}, source_url = coalesce(source_url, ${sourceUrl}::text)
    where id = ${toolId}`.execute(tx);
}

/** Lists exactly these operations, or all. */
export async function replaceListing(tx: Tx, { toolId, listing, keys }: Listing): Promise<void> {
  await sql`update mcp.tool_configurations set listing = ${listing} where id = ${toolId}`.execute(tx);
  await sql`
    update mcp.tool_operations set listed = (${listing} = 'all' or key = any(${[...keys]}::text[]))
    where tool_id = ${toolId} and listed <> (${listing} = 'all' or key = any(${[...keys]}::text[]))`.execute(tx);
}

/** Lists or unlists operations by key or name. */
export async function updateListed(
  tx: Tx,
  {
    toolId,
    operations,
    listed,
  }: { readonly toolId: string; readonly operations: readonly string[]; readonly listed: boolean },
): Promise<void> {
  if (operations.length === 0) return;
  await sql`
    update mcp.tool_operations set listed = ${listed}
    where tool_id = ${toolId} and (key = any(${[...operations]}::text[]) or name = any(${[...operations]}::text[]))`.execute(
    tx,
  );
}

/** Those of the texts that are neither key nor name of an operation of the service. */
export async function selectUnknown(tx: Tx, toolId: string, operations: readonly string[]): Promise<readonly string[]> {
  const { rows } = await sql<{ text: string }>`
    select text from unnest(${[...operations]}::text[]) as text
    where not exists (select 1 from mcp.tool_operations o
                      where o.tool_id = ${toolId} and (o.key = text or o.name = text))`.execute(tx);
  return rows.map(({ text }) => text);
}

/** How many operations a service lists, and has. */
export async function countListed(
  tx: Tx,
  toolId: string,
): Promise<{ readonly listed: number; readonly total: number }> {
  const { rows } = await sql<{ listed: number; total: number }>`
    select count(*) filter (where listed)::int as listed, count(*)::int as total
    from mcp.tool_operations where tool_id = ${toolId}`.execute(tx);
  return rows[0] ?? { listed: 0, total: 0 };
}

/** The pack that a service is an instance of; null where of none, undefined where there is no such service. */
export async function selectPack(
  tx: Tx,
  toolId: string,
): Promise<{ readonly name: string; readonly pack: string | null; readonly listing: 'all' | 'chosen' } | undefined> {
  const { rows } = await sql<{ name: string; pack: string | null; listing: 'all' | 'chosen' }>`
    select name, pack, listing from mcp.tool_configurations where id = ${toolId}`.execute(tx);
  return rows[0];
}
