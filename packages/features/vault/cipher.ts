import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';

const algorithm = 'aes-256-gcm';
const ivLength = 12;
const tagLength = 16;

/** What a text is longer by when it is encrypted. */
export const overhead = ivLength + tagLength;

/** AES-256-GCM (NIST SP 800-38D): a 96-bit IV, the ciphertext, a 128-bit tag. `context` is authenticated and not stored. */
export function encrypt(
  key: Uint8Array,
  plaintext: Uint8Array,
  context: Uint8Array,
  iv: Uint8Array = randomBytes(ivLength),
): Buffer {
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagLength });
  cipher.setAAD(context);
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Reverses `encrypt`; throws the one refusal for another key, another context, or an altered or shortened text. */
export function decrypt(key: Uint8Array, encrypted: Uint8Array, context: Uint8Array): Buffer {
  if (encrypted.length < overhead) throw refusal();
  const bytes = Buffer.from(encrypted.buffer, encrypted.byteOffset, encrypted.byteLength);
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
  decipher.setAAD(context);
  decipher.setAuthTag(bytes.subarray(-tagLength));
  const start = decipher.update(bytes.subarray(ivLength, -tagLength));
  try {
    return Buffer.concat([start, decipher.final()]);
  } catch {
    throw refusal();
  }
}

/** Whatever does not open is refused alike, so that a refusal tells nothing about what was wrong. */
export function refusal(): MeshError {
  return new MeshError(
    'wrong_secret',
    'A stored secret does not open: it was stored under another master key, or altered.',
  );
}
