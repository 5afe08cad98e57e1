import { createHash } from 'node:crypto';
import type { Database, Tx } from '@devmesh/infrastructure';
import { checkedStart, endOfChain, placeAt } from './chain-end.ts';
import { entryText } from './format/entry.ts';
import { checkpointLine, entryLine, headerLine, type Header } from './format/lines.ts';
import { signPlace, type SigningOptions } from './signing.ts';
import { selectLinks, selectSeqBefore, selectSeqFrom, type LinkRow } from './store-chain.ts';
import { selectCheckpoints, selectKeys, type CheckpointRow } from './store-proof.ts';

interface ExportOptions extends SigningOptions {
  readonly database: Database;
}

/** Which part of a trail is exported; everything by default. */
export interface ExportRange {
  /** An instant: the first entry is the first, by its id, of that time or later. */
  readonly from?: string | undefined;
  /** An instant: the last entry is the last, by its id, before that time. */
  readonly to?: string | undefined;
  /** The place of the first entry; goes before `from`. */
  readonly fromSeq?: number | undefined;
}

const linksAtOnce = 500;

/**
 * The lines of an export, each with its line feed, read in pages as they are asked for. The range and its first
 * checkpoint are settled before the first line, so that what is sealed meanwhile does not move its end.
 */
export async function* exportLines(
  options: ExportOptions,
  tenantId: string,
  range: ExportRange,
): AsyncGenerator<string, void, undefined> {
  const { database } = options;
  const digest = createHash('sha256');
  const told = (line: string): string => {
    digest.update(`${line}\n`, 'utf8');
    return `${line}\n`;
  };
  const header = await database.tenant(tenantId, (tx) => openExport(options, tx, { tenantId, range }));
  yield told(headerLine(header));
  for (let after = header.from - 1; after < header.to;) {
    const page = { after, until: header.to, limit: linksAtOnce };
    const { links, checkpoints } = await database.tenant(tenantId, async (tx) => ({
      links: await selectLinks(tx, page),
      checkpoints: await selectCheckpoints(tx, page),
    }));
    // Links that are gone leave a gap, which whoever reads the file sees.
    if (links.length === 0) break;
    for (const line of linesOf(links, checkpoints)) yield told(line);
    after = links.at(-1)?.seq ?? header.to;
  }
  const closing = await database.tenant(tenantId, async (tx) => {
    const place = await placeAt(tx, tenantId, header.to);
    return signPlace(options, tx, { tenantId, ...place, digest: digest.digest('hex') });
  });
  yield `${checkpointLine('closing', closing)}\n`;
}

async function openExport(
  options: ExportOptions,
  tx: Tx,
  { tenantId, range }: { readonly tenantId: string; readonly range: ExportRange },
): Promise<Header> {
  const end = await endOfChain(tx, tenantId);
  const start = await checkedStart(tx, tenantId);
  const to = range.to === undefined ? end.seq : ((await selectSeqBefore(tx, range.to)) ?? start.seq);
  const first =
    range.fromSeq ?? (range.from === undefined ? start.seq + 1 : ((await selectSeqFrom(tx, range.from)) ?? to + 1));
  const before = await placeAt(tx, tenantId, Math.min(first, to + 1) - 1);
  // Signed for every export: a first signature also makes the key that the header introduces.
  const note = await signPlace(options, tx, { tenantId, ...before });
  const keys = (await selectKeys(tx)).map((key) => key.note);
  return { tenantId, from: before.seq + 1, to, keys, start: before.seq === 0 ? undefined : note };
}

function linesOf(links: readonly LinkRow[], checkpoints: readonly CheckpointRow[]): readonly string[] {
  const bySeq = new Map(checkpoints.map(({ seq, note }) => [seq, note]));
  return links.flatMap((link) => {
    const note = bySeq.get(link.seq);
    return note === undefined ? [lineOf(link)] : [lineOf(link), checkpointLine('checkpoint', note)];
  });
}

function lineOf({ seq, hash, chain, present, ...entry }: LinkRow): string {
  const text = present ? entryText(entry) : undefined;
  return entryLine({ seq, text, hash: hash.toString('hex'), chain: chain.toString('hex') });
}
