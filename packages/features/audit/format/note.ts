import { createHash, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import { readBase64 } from './base64.ts';

/** A text with signatures, in the signed-note format of transparency logs (C2SP signed-note, Ed25519). */
export interface Note {
  /** Whole lines, each ended. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

interface NoteSignature {
  readonly name: string;
  /** The first four bytes that tell the key, then the 64 of the signature. */
  readonly bytes: Buffer;
}

/** A key that signs notes. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

const longestNote = 4_096;
const signatureLength = 64;
const idLength = 4;
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** Signs a text with each key under one name. */
export function signNote(name: string, text: string, signers: readonly Signer[]): string {
  const lines = signers.map(({ publicKey, privateKey }) => {
    const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
    return `— ${name} ${Buffer.concat([keyId(name, publicKey), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/** Takes a note apart; undefined for what is not exactly one. */
export function readNote(note: string): Note | undefined {
  if (note.length > longestNote) return undefined;
  const end = note.lastIndexOf('\n\n');
  if (end === -1 || !note.endsWith('\n')) return undefined;
  const signatures = note
    .slice(end + 2, -1)
    .split('\n')
    .map(readSignature);
  if (signatures.some((signature) => signature === undefined)) return undefined;
  return { text: note.slice(0, end + 1), signatures: signatures.filter((signature) => signature !== undefined) };
}

function readSignature(line: string): NoteSignature | undefined {
  const [, name, encoded] = /^— (\S+) (\S+)$/u.exec(line) ?? [];
  const bytes = encoded === undefined ? undefined : readBase64(encoded);
  if (name === undefined || bytes?.length !== idLength + signatureLength) return undefined;
  return { name, bytes };
}

/** Whether the signatures of a note are those of exactly these keys under this name, in their order. */
export function isSignedBy({ text, signatures }: Note, name: string, publicKeys: readonly Buffer[]): boolean {
  return (
    signatures.length === publicKeys.length &&
    signatures.every((signature, index) => {
      const publicKey = publicKeys[index];
      return (
        publicKey !== undefined &&
        signature.name === name &&
        signature.bytes.subarray(0, idLength).equals(keyId(name, publicKey)) &&
        verify(null, Buffer.from(text, 'utf8'), importKey(publicKey), signature.bytes.subarray(idLength))
      );
    })
  );
}

function keyId(name: string, publicKey: Buffer): Buffer {
  return createHash('sha256')
    .update(`${name}\n`, 'utf8')
    .update(Buffer.from([1]))
    .update(publicKey)
    .digest()
    .subarray(0, idLength);
}

function importKey(publicKey: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefix, publicKey]), format: 'der', type: 'spki' });
}

/** The 32 bytes of an Ed25519 public key. */
export function rawPublicKey(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'spki' }).subarray(spkiPrefix.length);
}
