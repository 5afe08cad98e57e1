import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';

const tenantLength = 16;
const randomLength = 32;
const pattern = /^dma_([\w-]{64})$/u;

/** How long a client has to redeem a code. */
export const codeSeconds = 60;

/** A code: `dma_`, then the organization and 256 random bits in base64url. */
export function newCode(tenantId: string): Secret {
  const tenant = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  return new Secret(`dma_${Buffer.concat([tenant, randomBytes(randomLength)]).toString('base64url')}`);
}

/** The organization that a text names if it can be a code at all. */
export function tenantOfCode(text: string): string | undefined {
  const [, encoded] = pattern.exec(text) ?? [];
  if (encoded === undefined) return undefined;
  const hex = Buffer.from(encoded, 'base64url').subarray(0, tenantLength).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** What is stored of a code; SHA-256 suffices for 256 random bits. */
export function hashCode(code: string): Buffer {
  return createHash('sha256').update(code, 'utf8').digest();
}
