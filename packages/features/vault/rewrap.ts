import { toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { KeepingOptions } from './reseal.ts';
import { replaceWrapping, selectWrappedByOthers, type WrappedKeyRow } from './store-system.ts';
import { unwrapKey, wrapKey } from './wrapped-key.ts';

/** What one run did with the keys of all tenants. */
export interface Rewrapping {
  readonly rewrapped: number;
  /** Keys that no configured master key opens. */
  readonly stuck: number;
}

const batch = 200;

/** Wraps by the current master key what another one wraps; only wrapped keys are read, no secret. */
export async function rewrapKeys(options: KeepingOptions, signal: AbortSignal): Promise<Rewrapping> {
  let [rewrapped, stuck] = [0, 0];
  let after: WrappedKeyRow | undefined;
  do {
    const done = await options.database.system('vault', (tx) => rewrapBatch(options, tx, after));
    rewrapped += done.rewrapped;
    stuck += done.stuck;
    after = done.last;
  } while (after !== undefined && !signal.aborted);
  return { rewrapped, stuck };
}

async function rewrapBatch(
  { masterKeys }: KeepingOptions,
  tx: Tx,
  after: WrappedKeyRow | undefined,
): Promise<Rewrapping & { readonly last: WrappedKeyRow | undefined }> {
  const master = masterKeys.current();
  const rows = await selectWrappedByOthers(tx, { masterId: master.id, after, limit: batch });
  let [rewrapped, stuck] = [0, 0];
  for (const row of rows) {
    const key = await openOrNothing(masterKeys, row);
    if (key === undefined) stuck += 1;
    else if (await replaceWrapping(tx, row, wrapKey(master, row, key))) rewrapped += 1;
  }
  return { rewrapped, stuck, last: rows.length < batch ? undefined : rows.at(-1) };
}

async function openOrNothing(
  masterKeys: KeepingOptions['masterKeys'],
  row: WrappedKeyRow,
): Promise<Buffer | undefined> {
  try {
    return await unwrapKey(masterKeys, row, row.wrapped);
  } catch (error) {
    if (toMeshError(error).code !== 'wrong_secret') throw error;
    return undefined;
  }
}
