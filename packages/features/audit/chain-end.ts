import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { genesisHash } from './format/chain.ts';
import { readCheckpoint, signerOf } from './format/checkpoint.ts';
import { readKeys } from './format/key-note.ts';
import { selectLastLink, selectLink, type ChainPlace } from './store-chain.ts';
import { selectCut, selectKeys } from './store-proof.ts';

/** The hash at which a tenant's chain ends; undefined where nothing of it was sealed yet. */
export async function hashOfEnd(tx: Tx, tenantId: string): Promise<Uint8Array | undefined> {
  return (await selectLastLink(tx, tenantId))?.hash;
}

/** The last place of a tenant's chain; where retention has removed every link, the place of its cut. */
export async function endOfChain(tx: Tx, tenantId: string): Promise<ChainPlace> {
  return (await selectLastLink(tx, tenantId)) ?? startOfChain(tx, tenantId);
}

/** The place that the first link follows: the last cut, or the beginning. */
export async function startOfChain(tx: Tx, tenantId: string): Promise<ChainPlace> {
  const cut = await selectCut(tx, tenantId);
  if (cut === undefined) return { seq: 0, hash: genesisHash(tenantId) };
  const checkpoint = readCheckpoint(cut.note);
  if (checkpoint === undefined) throw new MeshError('internal', 'The cut of this trail cannot be read.');
  return { seq: checkpoint.seq, hash: checkpoint.hash };
}

/** A place of the chain that is still there. */
export async function placeAt(tx: Tx, tenantId: string, seq: number): Promise<ChainPlace> {
  const link = await selectLink(tx, tenantId, seq);
  if (link !== undefined) return link;
  const start = await startOfChain(tx, tenantId);
  if (start.seq === seq) return start;
  throw new MeshError('not_found', `The trail has no place ${String(seq)}; it begins after ${String(start.seq)}.`);
}

/** The place that the first link follows, once the signature of its cut was checked: whoever builds on it vouches for it. */
export async function checkedStart(tx: Tx, tenantId: string): Promise<ChainPlace> {
  const start = await startOfChain(tx, tenantId);
  if (start.seq === 0) return start;
  const cut = await selectCut(tx, tenantId);
  const checkpoint = readCheckpoint(cut?.note ?? '');
  const keys =
    readKeys(
      tenantId,
      (await selectKeys(tx)).map(({ note }) => note),
    ) ?? [];
  if (checkpoint?.tenantId === tenantId && signerOf(checkpoint, keys) !== undefined) return start;
  throw new MeshError(
    'invalid_state',
    'The trail begins at a cut that was not signed here: its beginning was removed by hand.',
  );
}
