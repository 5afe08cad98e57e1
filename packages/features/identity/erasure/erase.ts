import { MeshError } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Vault } from '../../vault/index.ts';
import { removalOrder } from './order.ts';
import {
  bury,
  deleteRows,
  isEnding,
  lookAt,
  markSwept,
  noteAuditEnd,
  selectReferences,
  selectTenantTables,
  tryErasing,
  type TenantTable,
} from './store.ts';

/** What an organization has outside of the database. */
interface TenantStore {
  /** Removes everything of a tenant. */
  deleteTenant(tenantId: string): Promise<void>;
}

export interface ErasureOptions {
  readonly database: Database;
  readonly vault: Pick<Vault, 'shred'>;
  readonly stores: readonly TenantStore[];
  /** The hash at which the audit trail of the transaction's organization ends, if it is chained. */
  readonly auditEnd?: (tx: Tx, tenantId: string) => Promise<Uint8Array | undefined>;
  /** Rows that one transaction removes. Default 1,000. */
  readonly batch?: number;
}

/** One way of going on with an organization; false where another process is at it. */
export type Erase = (tenantId: string, signal: AbortSignal) => Promise<boolean>;

/**
 * Erases an organization that is being deleted, in steps each of which is a transaction of its own and can be done again: a
 * process that is killed between two of them leaves the rest to the next. Its keys go first, so that what was sealed is lost at
 * once; its row goes last, and leaves the tombstone.
 */
export function createErase(options: ErasureOptions): Erase {
  return async (tenantId, signal) => {
    const begun = await inTurn(options, tenantId, async (tx) => {
      const end = await options.auditEnd?.(tx, tenantId);
      if (end !== undefined) await noteAuditEnd(tx, end);
      await options.vault.shred(tx);
      return true;
    });
    if (begun === undefined) return false;
    if (!(await removeRows(options, tenantId, signal))) return false;
    for (const store of options.stores) await store.deleteTenant(tenantId);
    const buried = await inTurn(options, tenantId, async (tx) => {
      await bury(tx, tenantId);
      return true;
    });
    return buried === true;
  };
}

/** Removes what work that was under way at the deletion left behind of an organization that is gone. */
export function createSweep(options: ErasureOptions): Erase {
  return async (tenantId, signal) => {
    if (!(await removeRows(options, tenantId, signal))) return false;
    for (const store of options.stores) await store.deleteTenant(tenantId);
    return (await inTurn(options, tenantId, (tx) => markSwept(tx, tenantId).then(() => true))) === true;
  };
}

/** Whether all rows are gone; false where another process is at it, or the signal came. */
async function removeRows(options: ErasureOptions, tenantId: string, signal: AbortSignal): Promise<boolean> {
  for (const table of await tablesOf(options, tenantId)) {
    for (let more = true; more;) {
      if (signal.aborted) return false;
      const removed = await removeBatch(options, tenantId, table);
      if (removed === undefined) return false;
      more = removed > 0;
    }
  }
  return true;
}

async function tablesOf({ database }: ErasureOptions, tenantId: string): Promise<readonly TenantTable[]> {
  const { tables, references } = await database.tenant(tenantId, async (tx) => ({
    tables: await selectTenantTables(tx),
    references: await selectReferences(tx),
  }));
  const byName = new Map(tables.map((table) => [table.name, table]));
  for (const { name, key, remover } of tables) {
    if (remover !== null && key.length > 0) continue;
    throw new MeshError('internal', `Nothing says how rows of the table ${name} are removed: see mcp.let_erase.`);
  }
  return removalOrder([...byName.keys()], references).flatMap((name) => byName.get(name) ?? []);
}

/** How many rows went; undefined where another process is at it. */
function removeBatch(options: ErasureOptions, tenantId: string, table: TenantTable): Promise<number | undefined> {
  const limit = options.batch ?? 1_000;
  if (table.remover === 'cascade') return Promise.resolve(0);
  if (table.remover === 'organization') {
    return inTurn(options, tenantId, (tx) => deleteRows(tx, table, { tenantId, limit }));
  }
  return options.database.system('delete-organization', async (tx) => {
    if (!(await tryErasing(tx, tenantId))) return undefined;
    await lookAt(tx, tenantId);
    return deleteRows(tx, table, { tenantId, limit });
  });
}

/** One transaction of the organization, if it really is to end and no other process is at it. */
function inTurn<Result>(
  { database }: ErasureOptions,
  tenantId: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result | undefined> {
  return database.tenant(tenantId, async (tx) => {
    if (!(await tryErasing(tx, tenantId))) return undefined;
    if (!(await isEnding(tx, tenantId))) {
      throw new MeshError('internal', 'An organization was to be erased that nobody deleted.');
    }
    return work(tx);
  });
}
