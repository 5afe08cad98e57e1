import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MeshError, type Secret } from '@devmesh/foundation';
import { header, withoutPrefix } from './header.ts';
import type { Kind } from './kind.ts';

/** Signatures of one arrival that are looked at; more are refused. */
const maximumSignatures = 10;

interface Hmac {
  readonly secrets: readonly Secret[];
  /** What was signed, in order. */
  readonly signed: readonly (string | Uint8Array)[];
  readonly algorithm?: 'sha256' | 'sha512' | undefined;
  readonly encoding?: 'hex' | 'base64' | undefined;
  /** The keys that a secret may stand for; its UTF-8 bytes unless told. An empty key signs nothing. */
  readonly keysOf?: (secret: Secret) => readonly Uint8Array[];
}

/** Verifies an HMAC-SHA256 of the raw body, in hex, in one header. */
export function signedBody(name: string, prefix = ''): Kind['verify'] {
  return ({ headers, rawBody }, { secrets }) => {
    requireHmac(withoutPrefix(prefix, header(headers, name)), { secrets, signed: [rawBody] });
  };
}

/** Throws `bad_signature` unless one of the given signatures was made with one of the secrets. */
export function requireHmac(given: readonly string[], hmac: Hmac): void {
  if (given.length > maximumSignatures) throw refuse(`There are more than ${String(maximumSignatures)} signatures.`);
  if (!hmacHolds(given, hmac)) throw refuse('The signature is missing or does not match the body.');
}

/** Whether one of the given signatures was made with one of the secrets. */
export function hmacHolds(given: readonly string[], hmac: Hmac): boolean {
  const { secrets, signed, algorithm = 'sha256', encoding = 'hex', keysOf = textKeys } = hmac;
  const expected = usableKeys(secrets, keysOf).map((key) => {
    const running = createHmac(algorithm, key);
    for (const part of signed) running.update(part);
    return running.digest();
  });
  const digests = given.map((signature) => decode(signature, encoding));
  return matchesAny(digests, expected);
}

/** Throws `bad_signature` unless the token is one of the secrets. */
export function requireToken(given: Uint8Array | undefined, secrets: readonly Secret[]): void {
  if (!tokenHolds(given, secrets)) throw refuse('The token is missing or is not one of this source.');
}

/** Whether the token is one of the secrets. */
export function tokenHolds(given: Uint8Array | undefined, secrets: readonly Secret[]): boolean {
  const digests = given === undefined || given.length === 0 ? [] : [hash(given)];
  return matchesAny(digests, usableKeys(secrets, textKeys).map(hash));
}

/** The error of an arrival that is not accepted. */
export function refuse(sentence: string): MeshError {
  return new MeshError('bad_signature', sentence);
}

/** A secret whose UTF-8 bytes are the key. */
function textKeys(secret: Secret): readonly Uint8Array[] {
  return [Buffer.from(secret.open())];
}

function usableKeys(
  secrets: readonly Secret[],
  keysOf: (secret: Secret) => readonly Uint8Array[],
): readonly Uint8Array[] {
  return secrets.flatMap((secret) => keysOf(secret)).filter((key) => key.length > 0);
}

/** The digest that a text stands for; empty where the text is not its one spelling, which no digest equals. */
function decode(signature: string, encoding: 'hex' | 'base64'): Buffer {
  const digest = Buffer.from(signature, encoding);
  return digest.toString(encoding) === signature ? digest : Buffer.alloc(0);
}

/** Compares all pairs whatever was found before, so that the time tells nothing. */
function matchesAny(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let matches = 0;
  for (const left of given) {
    for (const right of expected) matches += Number(left.length === right.length && timingSafeEqual(left, right));
  }
  return matches > 0;
}

function hash(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
