import type { Tx } from '@devmesh/infrastructure';
import type { KeepingOptions } from './reseal.ts';
import type { SealedColumn } from './sealed-column.ts';
import { isUsed } from './store-sealed.ts';
import { deleteKey, lockReplacedKeys, markUnused } from './store.ts';

/** Deletes replaced versions that nothing has been sealed under for the grace; returns those that went. */
export function retireKeys(
  { database, columns, graceSeconds }: KeepingOptions,
  tenantId: string,
): Promise<readonly number[]> {
  return database.tenant(tenantId, async (tx) => {
    const gone: number[] = [];
    for (const { version, unused, over } of await lockReplacedKeys(tx, graceSeconds)) {
      const used = await isAnywhereUsed(tx, columns, version);
      if (!used && over) {
        await deleteKey(tx, version);
        gone.push(version);
      } else if (used === unused) {
        await markUnused(tx, version, !used);
      }
    }
    return gone;
  });
}

async function isAnywhereUsed(tx: Tx, columns: readonly SealedColumn[], version: number): Promise<boolean> {
  for (const column of columns) {
    if (await isUsed(tx, column, version)) return true;
  }
  return false;
}
