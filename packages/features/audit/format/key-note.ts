import { createHash } from 'node:crypto';
import { readBase64 } from './base64.ts';
import { signingName } from './checkpoint.ts';
import { isSignedBy, readNote, signNote, type Signer } from './note.ts';

/** A key that signs the checkpoints of a tenant, and from where on. */
export interface TrailKey {
  readonly tenantId: string;
  /** 1 for the first of a tenant. */
  readonly number: number;
  /** 32 bytes. */
  readonly publicKey: Buffer;
  /** The key before it, which it takes over from. */
  readonly previous: Buffer | undefined;
  /** The last place that the key before it may have signed. */
  readonly afterSeq: number;
  readonly time: string;
}

const shape =
  /^devmesh\/audit\/([0-9a-f-]{36})\/key\n([1-9]\d{0,8})\n(\S{44})\nprevious (\S{44}|none)\nafter (0|[1-9]\d{0,15})\ntime (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n$/u;

/** How people compare keys: the SHA-256 of the public key in hex. */
export function fingerprintOf(publicKey: Buffer): string {
  return createHash('sha256').update(publicKey).digest('hex');
}

/** The note that introduces a key: signed by itself, and by the key before it. */
export function signKeyNote(key: TrailKey, own: Signer, before: Signer | undefined): string {
  const name = signingName(key.tenantId);
  const previous = key.previous?.toString('base64') ?? 'none';
  const text = `${name}/key\n${String(key.number)}\n${key.publicKey.toString('base64')}\nprevious ${previous}\nafter ${String(key.afterSeq)}\ntime ${key.time}\n`;
  return signNote(name, text, before === undefined ? [own] : [own, before]);
}

/** Reads the note of a key; undefined where it is none, or where a signature is missing or wrong. */
export function readKeyNote(text: string): TrailKey | undefined {
  const note = readNote(text);
  const fields = shape.exec(note?.text ?? '');
  if (note === undefined || fields === null) return undefined;
  const [tenantId, number, own, before, afterSeq, time] = fields.slice(1) as unknown as Fields;
  const publicKeys = (before === 'none' ? [own] : [own, before]).map(readPublicKey);
  const [publicKey, previous] = publicKeys;
  if (publicKey === undefined || publicKeys.includes(undefined)) return undefined;
  const signers = previous === undefined ? [publicKey] : [publicKey, previous];
  if (!isSignedBy(note, signingName(tenantId), signers)) return undefined;
  return { tenantId, number: Number(number), publicKey, previous, afterSeq: Number(afterSeq), time };
}

type Fields = readonly [string, string, string, string, string, string];

function readPublicKey(text: string): Buffer | undefined {
  const bytes = readBase64(text);
  return bytes?.length === 32 ? bytes : undefined;
}

/** The keys of a tenant from their notes; undefined unless each took over from the one before it, from the first on. */
export function readKeys(tenantId: string, notes: readonly string[]): readonly TrailKey[] | undefined {
  const keys: TrailKey[] = [];
  for (const text of notes) {
    const key = readKeyNote(text);
    const before = keys.at(-1);
    const follows =
      key?.tenantId === tenantId &&
      key.number === keys.length + 1 &&
      key.afterSeq >= (before?.afterSeq ?? 0) &&
      (before === undefined ? key.previous === undefined : key.previous?.equals(before.publicKey) === true);
    if (!follows) return undefined;
    keys.push(key);
  }
  return keys.length === 0 ? undefined : keys;
}

/** Whether a key may have signed a place: not one after its successor took over. */
export function maySign(keys: readonly TrailKey[], key: TrailKey, seq: number): boolean {
  const next = keys[key.number];
  return next === undefined || seq <= next.afterSeq;
}
