import type { Telemetry } from '@devmesh/foundation';
import { toMeshError } from '@devmesh/foundation';
import type { Database, MasterKeys, Tx } from '@devmesh/infrastructure';
import type { Keyring } from './keyring.ts';
import type { SealedColumn } from './sealed-column.ts';
import { openUnder, sealUnder, versionOf, type TenantKey } from './sealed.ts';
import { replaceSealed, selectOlder, type Resealed, type SealedRow } from './store-sealed.ts';
import { tryToKeep } from './store-system.ts';

export interface KeepingOptions {
  readonly database: Database;
  readonly masterKeys: MasterKeys;
  readonly keyring: Keyring;
  readonly columns: readonly SealedColumn[];
  readonly telemetry: Pick<Telemetry, 'log'>;
  /** Texts that one transaction seals anew. */
  readonly batch: number;
  /** How long a version stays after nothing is sealed under it: a reader may hold a text that it read before. */
  readonly graceSeconds: number;
}

/** What one run did with the texts of a tenant. */
export interface Resealing {
  readonly resealed: number;
  /** Texts that do not open. They are left as they are, and keep their version. */
  readonly refused: number;
}

/** Seals anew what older versions of the tenant's key seal, in batches; what somebody writes meanwhile wins. */
export async function resealTenant(options: KeepingOptions, tenantId: string, signal: AbortSignal): Promise<Resealing> {
  let [resealed, refused] = [0, 0];
  for (const column of options.columns) {
    let after: SealedRow['key'] | undefined;
    do {
      const done = await resealBatch(options, { tenantId, column, after });
      resealed += done.resealed;
      refused += done.refused;
      after = done.last;
    } while (after !== undefined && !signal.aborted);
  }
  return { resealed, refused };
}

interface Batch {
  readonly tenantId: string;
  readonly column: SealedColumn;
  readonly after: SealedRow['key'] | undefined;
}

function resealBatch(
  options: KeepingOptions,
  { tenantId, column, after }: Batch,
): Promise<Resealing & { readonly last: SealedRow['key'] | undefined }> {
  const { database, keyring, batch } = options;
  return database.tenant(tenantId, async (tx) => {
    if (!(await tryToKeep(tx, tenantId))) return { resealed: 0, refused: 0, last: undefined };
    const { version } = await keyring.current(tx, tenantId, 0);
    const rows = await selectOlder(tx, column, { version, after, limit: batch });
    const key = await keyring.current(tx, tenantId, rows.length);
    const anew = await sealAnew(options, tx, { tenantId, column, key, rows });
    const resealed = await replaceSealed(tx, column, anew);
    return { resealed, refused: rows.length - anew.length, last: rows.length < batch ? undefined : rows.at(-1)?.key };
  });
}

interface Older {
  readonly tenantId: string;
  readonly column: SealedColumn;
  readonly key: TenantKey;
  readonly rows: readonly SealedRow[];
}

async function sealAnew(
  { keyring, telemetry }: KeepingOptions,
  tx: Tx,
  { tenantId, column, key, rows }: Older,
): Promise<readonly Resealed[]> {
  const anew: Resealed[] = [];
  for (const row of rows) {
    const place = column.place(tenantId, row.key);
    try {
      const text = openUnder(await keyring.find(tx, tenantId, versionOf(row.sealed)), place, row.sealed);
      anew.push({ ...row, anew: sealUnder(key, place, text) });
    } catch (error) {
      const { code } = toMeshError(error);
      if (code !== 'wrong_secret') throw error;
      telemetry.log.error('a stored secret could not be sealed anew', error, {
        'vault.table': column.table,
        'vault.column': column.column,
        'error.code': code,
      });
    }
  }
  return anew;
}
