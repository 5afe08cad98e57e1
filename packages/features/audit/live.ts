import type { Database, Tx } from '@devmesh/infrastructure';
import { checkedStart, endOfChain, placeAt } from './chain-end.ts';
import { linkHash } from './format/chain.ts';
import { readCheckpoint, signerOf } from './format/checkpoint.ts';
import { entryHash, entryText } from './format/entry.ts';
import type { FindingCode } from './format/finding.ts';
import { maySign, readKeys, type TrailKey } from './format/key-note.ts';
import { selectLinks, type LinkRow } from './store-chain.ts';
import { selectCheckpoints, selectKeys, type CheckpointRow } from './store-proof.ts';

/** What one look at a part of the live trail found. */
interface LiveFinding {
  readonly code: FindingCode;
  readonly seq: number;
  /** The line of the trail, where the place has one. */
  readonly entryId?: string | undefined;
  readonly sentence: string;
}

/** One part of the live trail, looked at. */
export interface LivePart {
  /** The place after which it was looked at. */
  readonly after: number;
  /** The last place that was looked at. */
  readonly to: number;
  /** The last place of the chain. */
  readonly head: number;
  readonly checkpoints: number;
  readonly finding: LiveFinding | undefined;
}

interface LiveRange {
  /** The place to go on after; default the beginning of what is kept. */
  readonly after?: number | undefined;
  readonly limit: number;
}

/** Reads lines of the trail again, compares them with the chain, and the chain with its checkpoints. */
export function verifyLive(database: Database, tenantId: string, { after, limit }: LiveRange): Promise<LivePart> {
  return database.tenant(tenantId, async (tx) => {
    const start = after === undefined ? await checkedStart(tx, tenantId) : await placeAt(tx, tenantId, after);
    const head = await endOfChain(tx, tenantId);
    const page = { after: start.seq, until: head.seq, limit };
    const links = await selectLinks(tx, page);
    const keys =
      readKeys(
        tenantId,
        (await selectKeys(tx)).map(({ note }) => note),
      ) ?? [];
    const to = links.at(-1)?.seq ?? start.seq;
    const signed = await selectCheckpoints(tx, { ...page, until: to });
    const checkpoints = new Map(signed.map((row) => [row.seq, row]));
    const looked = { after: start.seq, to, head: head.seq, checkpoints: signed.length };
    let { hash } = start;
    for (const [index, link] of links.entries()) {
      const seq = start.seq + index + 1;
      const finding =
        checkLink(tenantId, { link, seq, previous: hash }) ??
        checkSigned(tenantId, { link, keys, checkpoint: checkpoints.get(seq) });
      if (finding !== undefined) return { ...looked, finding };
      hash = link.chain;
    }
    return { ...looked, finding: await checkEnd(tx, head.seq) };
  });
}

function checkLink(
  tenantId: string,
  { link, seq, previous }: { readonly link: LinkRow; readonly seq: number; readonly previous: Buffer },
): LiveFinding | undefined {
  const { entryId } = link;
  if (link.seq !== seq) return { code: 'order', seq, sentence: `The link at ${String(seq)} is gone.` };
  if (!link.present)
    return { code: 'missing', seq, entryId, sentence: `The line that was sealed at ${String(seq)} is gone.` };
  const { hash, chain, present: _present, seq: _seq, entryId: _entryId, ...entry } = link;
  if (!entryHash(tenantId, entryText(entry)).equals(hash)) {
    return { code: 'content', seq, entryId, sentence: `The line that was sealed at ${String(seq)} was changed.` };
  }
  if (linkHash(previous, seq, hash).equals(chain)) return undefined;
  return { code: 'link', seq, entryId, sentence: `The link at ${String(seq)} does not follow from the one before it.` };
}

/** What was signed once must still be there. */
async function checkEnd(tx: Tx, head: number): Promise<LiveFinding | undefined> {
  const beyond = await selectCheckpoints(tx, { after: head, until: Number.MAX_SAFE_INTEGER, limit: 1 });
  const seq = beyond[0]?.seq;
  if (seq === undefined) return undefined;
  return {
    code: 'truncated',
    seq,
    sentence: `The chain ends at ${String(head)} although ${String(seq)} was signed once.`,
  };
}

interface Signed {
  readonly link: LinkRow;
  readonly keys: readonly TrailKey[];
  readonly checkpoint: CheckpointRow | undefined;
}

function checkSigned(tenantId: string, { link, keys, checkpoint: row }: Signed): LiveFinding | undefined {
  if (row === undefined) return undefined;
  const { seq, entryId } = link;
  const checkpoint = readCheckpoint(row.note);
  const key = checkpoint === undefined ? undefined : signerOf(checkpoint, keys);
  const signed =
    checkpoint?.tenantId === tenantId && checkpoint.seq === seq && key !== undefined && maySign(keys, key, seq);
  if (!signed) {
    return {
      code: 'checkpoint',
      seq,
      entryId,
      sentence: `The checkpoint at ${String(seq)} is not one that was signed here.`,
    };
  }
  if (checkpoint.hash.equals(link.chain)) return undefined;
  const sentence = `At ${String(seq)} the chain is not what its checkpoint signed: a line up to here was rewritten.`;
  return { code: 'checkpoint', seq, entryId, sentence };
}
