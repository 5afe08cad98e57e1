import { MeshError, type Secret } from '@devmesh/foundation';

/** Of a master key. */
export const keyBytes = 32;

const fewestDistinctBytes = 16;

/** The key itself where it is 32 random bytes in base64; throws `invalid_config`, which tells its source and not its text. */
export function checkMasterKey(key: Secret, source: string): Secret {
  const text = key.open();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.byteLength !== keyBytes || bytes.toString('base64') !== text) {
    throw new MeshError('invalid_config', `${source} must be 32 random bytes in base64 (openssl rand -base64 32).`);
  }
  if (isWeak(bytes)) {
    throw new MeshError('invalid_config', `${source} is not random; make one with: openssl rand -base64 32`);
  }
  return key;
}

/** Repeated bytes and plain sequences. 32 random bytes have fewer than 16 distinct ones less than once in 10^15 tries. */
function isWeak(bytes: Buffer): boolean {
  if (new Set(bytes).size < fewestDistinctBytes) return true;
  const steps = new Set([...bytes].slice(1).map((byte, index) => (byte - (bytes[index] ?? 0) + 256) % 256));
  return steps.size === 1;
}
