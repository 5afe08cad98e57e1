import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { MeshError, type Secret } from '@devmesh/foundation';

/** Signatures of one arrival that are looked at; more are refused. */
const maximumSignatures = 10;

const patterns = {
  sha256: { hex: /^[0-9a-fA-F]{64}$/u, base64: /^[A-Za-z0-9+/]{43}=$/u },
  sha512: { hex: /^[0-9a-fA-F]{128}$/u, base64: /^[A-Za-z0-9+/]{86}==$/u },
} as const;

interface Hmac {
  readonly secrets: readonly Secret[];
  /** What was signed, in order. */
  readonly signed: readonly (string | Uint8Array)[];
  readonly algorithm?: keyof typeof patterns;
  readonly encoding?: 'hex' | 'base64';
  /** The key that a secret stands for; its UTF-8 bytes unless told. */
  readonly keyOf?: (secret: Secret) => Uint8Array | string;
}

/** Throws `bad_signature` unless one of the given signatures was made with one of the secrets. */
export function requireHmac(given: readonly string[], hmac: Hmac): void {
  const { secrets, signed, algorithm = 'sha256', encoding = 'hex', keyOf = openSecret } = hmac;
  if (given.length > maximumSignatures) throw refuse(`There are more than ${String(maximumSignatures)} signatures.`);
  const digests = given
    .filter((signature) => patterns[algorithm][encoding].test(signature))
    .map((signature) => Buffer.from(signature, encoding));
  const expected = secrets.filter(isUsable).map((secret) => {
    const running = createHmac(algorithm, keyOf(secret));
    for (const part of signed) running.update(part);
    return running.digest();
  });
  if (!matchesAny(digests, expected)) throw refuse('The signature is missing or does not match the body.');
}

/** Throws `bad_signature` unless the token is one of the secrets. */
export function requireToken(given: string | undefined, secrets: readonly Secret[]): void {
  const digests = given === undefined || given === '' ? [] : [hash(given)];
  if (
    !matchesAny(
      digests,
      secrets.filter(isUsable).map((secret) => hash(secret.open())),
    )
  ) {
    throw refuse('The token is missing or is not one of this source.');
  }
}

/** The error of an arrival that is not accepted. */
export function refuse(sentence: string): MeshError {
  return new MeshError('bad_signature', sentence);
}

function openSecret(secret: Secret): string {
  return secret.open();
}

function isUsable(secret: Secret): boolean {
  return secret.open() !== '';
}

/** Compares all pairs whatever was found before, so that the time tells nothing. */
function matchesAny(given: readonly Buffer[], expected: readonly Buffer[]): boolean {
  let matches = 0;
  for (const left of given) {
    for (const right of expected) matches += Number(timingSafeEqual(left, right));
  }
  return matches > 0;
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
