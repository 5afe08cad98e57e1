import type { Database } from '@devmesh/infrastructure';
import { endOfChain } from './chain-end.ts';
import { linkHash } from './format/chain.ts';
import { entryHash, entryText } from './format/entry.ts';
import { insertLinks, lockPosition, selectUnsealed, updatePosition, type SealedTo } from './store-chain.ts';

interface Sealing {
  readonly database: Database;
  /** Most lines that one transaction seals. */
  readonly batchSize: number;
}

/** What one batch did. */
export interface SealedBatch {
  readonly sealed: number;
  /** Whether there may be more to seal. */
  readonly more: boolean;
}

/**
 * Seals up to a batch of a tenant's committed lines. It all commits or nothing, and a tenant has one sealer at a time:
 * a second one finds the position taken and leaves it.
 */
export function sealBatch({ database, batchSize }: Sealing, tenantId: string): Promise<SealedBatch> {
  return database.system('audit-seal', async (tx) => {
    const after = await lockPosition(tx, tenantId);
    if (after === undefined) return { sealed: 0, more: false };
    const lines = await selectUnsealed(tx, { tenantId, after, limit: batchSize });
    let { seq, hash } = await endOfChain(tx, tenantId);
    const links = lines.map((line) => {
      const entry = entryHash(tenantId, entryText(line));
      seq += 1;
      hash = linkHash(hash, seq, entry);
      return { seq, entryId: line.id, entryHash: entry.toString('hex'), chainHash: hash.toString('hex') };
    });
    if (links.length > 0) await insertLinks(tx, tenantId, links);
    const more = lines.length === batchSize;
    await updatePosition(tx, tenantId, positionAfter(after, more ? lines.at(-1) : undefined));
    return { sealed: lines.length, more };
  });
}

const highestId = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Behind the last line of a full batch; otherwise everything is sealed that was over when the batch began. */
function positionAfter({ foreign, xid, entryId, over }: SealedTo, last: { xid: string; id: string } | undefined) {
  if (last === undefined) return { xid: over, entryId: highestId };
  // The transactions of another server have no order with those of this one.
  return foreign ? { xid, entryId } : { xid: last.xid, entryId: last.id };
}
