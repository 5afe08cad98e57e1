import { createHash, type Hash } from 'node:crypto';
import { genesisHash, linkHash } from './chain.ts';
import { readCheckpoint, signerOf, type ReadCheckpoint } from './checkpoint.ts';
import { entryHash } from './entry.ts';
import { TamperedError, type Finding, type FindingCode } from './finding.ts';
import { fingerprintOf, maySign, readKeys, type TrailKey } from './key-note.ts';
import type { Header } from './lines.ts';
import { parseLine, type Line } from './parse-line.ts';
import { splitLines } from './split-lines.ts';

/** What a reader knows from elsewhere about the trail that a file should be of. */
export interface VerifyOptions {
  /** The fingerprint of one of its keys. */
  readonly fingerprint?: string | undefined;
  /** The note of a checkpoint that was kept apart: the file must go on from it. */
  readonly after?: string | undefined;
  /** Told the count of entries now and then. */
  readonly onProgress?: ((entries: number) => void) | undefined;
}

/** What a file turned out to be. */
export type Verdict = Verified | { readonly ok: false; readonly finding: Finding; readonly entries: number };

interface Verified {
  readonly ok: true;
  readonly tenantId: string;
  readonly from: number;
  readonly to: number;
  readonly entries: number;
  readonly checkpoints: number;
  /** When the closing checkpoint was signed. */
  readonly closedAt: string;
  /** The keys of the trail, oldest first. */
  readonly fingerprints: readonly string[];
}

/** What is known of the file so far. */
interface State {
  readonly options: VerifyOptions;
  readonly after: ReadCheckpoint | undefined;
  /** Of every line but the closing one. */
  readonly digest: Hash;
  line: number;
  header: Header | undefined;
  keys: readonly TrailKey[];
  seq: number;
  hash: Buffer;
  entries: number;
  checkpoints: number;
  closedAt: string | undefined;
}

const progressEvery = 50_000;

/** Reads an exported trail from end to end and tells the first thing that is wrong with it, if any. Holds one line at a time. */
export async function verifyTrail(bytes: AsyncIterable<Uint8Array>, options: VerifyOptions = {}): Promise<Verdict> {
  const state: State = {
    options,
    after: options.after === undefined ? undefined : readCheckpoint(options.after),
    digest: createHash('sha256'),
    line: 0,
    header: undefined,
    keys: [],
    seq: 0,
    hash: Buffer.alloc(0),
    entries: 0,
    checkpoints: 0,
    closedAt: undefined,
  };
  try {
    if (options.after !== undefined && state.after === undefined) {
      fail(state, 'after', 'The checkpoint that was kept apart cannot be read.');
    }
    for await (const raw of splitLines(bytes)) takeLine(state, raw);
    return close(state);
  } catch (error) {
    if (error instanceof TamperedError) return { ok: false, finding: error.finding, entries: state.entries };
    throw error;
  }
}

function takeLine(state: State, raw: Uint8Array): void {
  state.line += 1;
  if (state.closedAt !== undefined) fail(state, 'trailing', 'Something follows the checkpoint that closes the file.');
  const text = decode(raw);
  const line = text === undefined ? 'It is no UTF-8 text that ends with a line feed.' : parseLine(text);
  if (typeof line === 'string') return fail(state, 'malformed', line);
  if (line.type === 'closing') return takeClosing(state, line.note);
  state.digest.update(raw);
  if (line.type === 'header') return takeHeader(state, line.header);
  if (state.header === undefined) return fail(state, 'malformed', 'The file does not begin with its header.');
  if (line.type === 'entry') return takeEntry(state, state.header, line);
  const checkpoint = checkedCheckpoint(state, line.note);
  if (checkpoint.digest !== undefined)
    fail(state, 'checkpoint', 'A checkpoint that closes an export is not at its end.');
  state.checkpoints += 1;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lineFeed = 10;

function decode(raw: Uint8Array): string | undefined {
  if (raw.at(-1) !== lineFeed) return undefined;
  try {
    return decoder.decode(raw.subarray(0, -1));
  } catch {
    return undefined;
  }
}

function takeHeader(state: State, header: Header): void {
  if (state.header !== undefined) fail(state, 'malformed', 'The file has a second header.');
  const { tenantId, from, start } = header;
  state.header = header;
  state.keys =
    readKeys(tenantId, header.keys) ?? fail(state, 'key', 'The keys of the trail do not vouch for each other.');
  checkFingerprint(state);
  state.seq = from - 1;
  state.hash = genesisHash(tenantId);
  if (start !== undefined) {
    const checkpoint = signedCheckpoint(state, start);
    if (checkpoint.seq !== state.seq || checkpoint.digest !== undefined) {
      fail(state, 'checkpoint', 'The checkpoint in the header is not that of the place before the first entry.');
    }
    state.hash = checkpoint.hash;
  } else if (from !== 1) {
    fail(state, 'checkpoint', 'The file begins in the middle of the chain, without a checkpoint to begin from.');
  }
  checkAfter(state);
}

function checkFingerprint({ keys, options: { fingerprint }, ...state }: State): void {
  if (fingerprint === undefined) return;
  if (keys.some(({ publicKey }) => fingerprintOf(publicKey) === fingerprint)) return;
  fail(state, 'key', 'The trail was not signed with the key of the fingerprint that was given.');
}

function takeEntry(state: State, { tenantId, to }: Header, line: Extract<Line, { type: 'entry' }>): void {
  const { seq, text, hash, chain } = line;
  const expected = state.seq + 1;
  if (seq !== expected || seq > to) {
    const sentence = `Entry ${String(seq)} stands where ${expected > to ? 'the file should end' : `entry ${String(expected)} should`}.`;
    return fail(state, 'order', sentence, seq);
  }
  if (text === undefined) return fail(state, 'missing', `Entry ${String(seq)} is missing: only its seal is left.`, seq);
  if (!entryHash(tenantId, text).equals(hash)) {
    return fail(state, 'content', `Entry ${String(seq)} is not what was sealed: its fields do not give its hash.`, seq);
  }
  if (!linkHash(state.hash, seq, hash).equals(chain)) {
    return fail(state, 'link', `Entry ${String(seq)} does not follow from the one before it.`, seq);
  }
  state.seq = seq;
  state.hash = chain;
  state.entries += 1;
  checkAfter(state);
  if (state.entries % progressEvery === 0) state.options.onProgress?.(state.entries);
}

/** The checkpoint that was kept apart must be found in the file, at its place. */
function checkAfter(state: State): void {
  const { after, header, seq, hash } = state;
  if (after === undefined || header === undefined) return;
  if (seq === header.from - 1 && state.entries === 0) {
    if (after.tenantId !== header.tenantId || signerOf(after, state.keys) === undefined) {
      fail(state, 'after', 'The checkpoint that was kept apart is not signed by a key of this trail.');
    }
    if (after.seq < seq || after.seq > header.to) {
      fail(state, 'after', `The file does not hold place ${String(after.seq)} of the checkpoint that was kept apart.`);
    }
  }
  if (after.seq === seq && !after.hash.equals(hash)) {
    fail(state, 'after', `At ${String(seq)} the chain is not the one that was signed earlier: it was rewritten.`, seq);
  }
}

function checkedCheckpoint(state: State, note: string): ReadCheckpoint {
  const checkpoint = signedCheckpoint(state, note);
  if (checkpoint.seq !== state.seq) {
    fail(
      state,
      'checkpoint',
      `A checkpoint of place ${String(checkpoint.seq)} stands at ${String(state.seq)}.`,
      state.seq,
    );
  }
  if (!checkpoint.hash.equals(state.hash)) {
    const sentence = `At ${String(state.seq)} the chain is not what its checkpoint signed: an entry up to here was rewritten.`;
    fail(state, 'checkpoint', sentence, state.seq);
  }
  return checkpoint;
}

function signedCheckpoint(state: State, note: string): ReadCheckpoint {
  const checkpoint = readCheckpoint(note) ?? fail(state, 'checkpoint', 'A checkpoint cannot be read.');
  if (checkpoint.tenantId !== state.header?.tenantId) fail(state, 'foreign', 'A checkpoint is that of another tenant.');
  const key = signerOf(checkpoint, state.keys);
  if (key === undefined || !maySign(state.keys, key, checkpoint.seq)) {
    return fail(
      state,
      'checkpoint',
      `The checkpoint of place ${String(checkpoint.seq)} is not signed by a key of the trail.`,
    );
  }
  return checkpoint;
}

function takeClosing(state: State, note: string): void {
  if (state.header === undefined) return fail(state, 'malformed', 'The file does not begin with its header.');
  const { to } = state.header;
  if (state.seq !== to) {
    const sentence = `The file is closed at ${String(state.seq)} although it promises entries to ${String(to)}.`;
    fail(state, 'truncated', sentence, state.seq);
  }
  const checkpoint = checkedCheckpoint(state, note);
  if (checkpoint.digest !== state.digest.digest('hex')) {
    fail(state, 'digest', 'The file as a whole is not the one that was signed when it was exported.');
  }
  state.closedAt = checkpoint.time;
}

function close(state: State): Verdict {
  const { header, closedAt, keys, entries, checkpoints } = state;
  if (header === undefined || closedAt === undefined) {
    return fail(state, 'truncated', 'The file ends without the checkpoint that closes it.', state.seq);
  }
  const { tenantId, from, to } = header;
  const fingerprints = keys.map(({ publicKey }) => fingerprintOf(publicKey));
  return { ok: true, tenantId, from, to, entries, checkpoints, closedAt, fingerprints };
}

function fail({ line }: Pick<State, 'line'>, code: FindingCode, sentence: string, seq?: number): never {
  throw new TamperedError({ code, line, seq, sentence });
}
