import type { Database } from '@devmesh/infrastructure';
import { selectSearchRows, type SearchRow } from './store.ts';

/** More tools of one organization are not searched. */
const mostTools = 20_000;

const rowsAtOnce = 500;

/** The tools of an organization as search sees them, by name, at most 20,000, read in parts so that nothing else waits long. */
export async function readAllRows(database: Database, tenantId: string): Promise<readonly SearchRow[]> {
  const all: SearchRow[] = [];
  for (;;) {
    const after = all.at(-1)?.name ?? '';
    const rows = await database.tenant(tenantId, (tx) => selectSearchRows(tx, after, rowsAtOnce));
    all.push(...rows);
    if (rows.length < rowsAtOnce || all.length >= mostTools) return all.slice(0, mostTools);
  }
}
