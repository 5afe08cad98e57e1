import { readBase64 } from './base64.ts';
import { isSignedBy, readNote, signNote, type Note, type Signer } from './note.ts';

/** A place of a tenant's chain and the link there, signed. */
export interface Checkpoint {
  readonly tenantId: string;
  /** 0 is the beginning of the chain. */
  readonly seq: number;
  readonly hash: Buffer;
  /** ISO 8601 in UTC. */
  readonly time: string;
  /** With the checkpoint that closes an export: the SHA-256 of every line before it. */
  readonly digest?: string | undefined;
}

const shape =
  /^devmesh\/audit\/([0-9a-f-]{36})\n(0|[1-9]\d{0,15})\n(\S{44})\ntime (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n(?:export ([0-9a-f]{64})\n)?$/u;

/** Under which name the keys of a tenant sign. */
export function signingName(tenantId: string): string {
  return `devmesh/audit/${tenantId}`;
}

/** The signed note of a checkpoint. */
export function signCheckpoint({ tenantId, seq, hash, time, digest }: Checkpoint, signer: Signer): string {
  const closing = digest === undefined ? '' : `export ${digest}\n`;
  const name = signingName(tenantId);
  return signNote(name, `${name}\n${String(seq)}\n${hash.toString('base64')}\ntime ${time}\n${closing}`, [signer]);
}

/** A checkpoint with the note it was read from, whose signature `signerOf` tells. */
export interface ReadCheckpoint extends Checkpoint {
  readonly note: Note;
}

/** Reads the note of a checkpoint without looking at its signature; undefined for what is none. */
export function readCheckpoint(text: string): ReadCheckpoint | undefined {
  const note = readNote(text);
  const [, tenantId, seq, encoded, time, digest] = shape.exec(note?.text ?? '') ?? [];
  if (note === undefined || tenantId === undefined || encoded === undefined || time === undefined) return undefined;
  const hash = readBase64(encoded);
  if (hash?.length !== 32) return undefined;
  return { tenantId, seq: Number(seq), hash, time, digest, note };
}

/** Which of the keys signed a checkpoint, alone. */
export function signerOf<Key extends { readonly publicKey: Buffer }>(
  { tenantId, note }: ReadCheckpoint,
  keys: readonly Key[],
): Key | undefined {
  return keys.find(({ publicKey }) => isSignedBy(note, signingName(tenantId), [publicKey]));
}
