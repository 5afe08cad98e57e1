import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { MeshError } from '@devmesh/foundation';

const algorithm = 'aes-256-gcm';
const ivLength = 12;
const tagLength = 16;

/** Encrypts with AES-256-GCM (NIST SP 800-38D): a random 96-bit IV, the ciphertext, a 128-bit tag. `context` is authenticated too. */
export function encrypt(key: Buffer, plaintext: Uint8Array, context: string): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv(algorithm, key, iv, { authTagLength: tagLength });
  cipher.setAAD(Buffer.from(context, 'utf8'));
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

/** Reverses `encrypt`; throws `wrong_secret` for another key, another context or an altered text. */
export function decrypt(key: Buffer, sealed: Uint8Array, context: string): Buffer {
  if (sealed.length < ivLength + tagLength) throw new MeshError('wrong_secret', 'A stored secret is cut short.');
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, ivLength), { authTagLength: tagLength });
  decipher.setAAD(Buffer.from(context, 'utf8'));
  decipher.setAuthTag(bytes.subarray(-tagLength));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
  } catch (error) {
    throw new MeshError(
      'wrong_secret',
      'A stored secret does not open: it was stored under another master key, or altered.',
      {
        cause: error,
      },
    );
  }
}
