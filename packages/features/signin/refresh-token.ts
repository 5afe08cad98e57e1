import { createHash, randomBytes } from 'node:crypto';
import { Secret } from '@devmesh/foundation';

const prefix = 'dmr_';
const randomLength = 32;
const tenantLength = 16;
const pattern = /^dmr_[\w-]{64}$/u;

/** A refresh token: `dmr_`, then the organization and 256 random bits in base64url. It says where to look it up and nothing else. */
export function newRefreshToken(tenantId: string): Secret {
  const tenant = Buffer.from(tenantId.replaceAll('-', ''), 'hex');
  return new Secret(prefix + Buffer.concat([tenant, randomBytes(randomLength)]).toString('base64url'));
}

/** The organization that a text names if it can be a refresh token at all. */
export function tenantOfRefreshToken(text: string): string | undefined {
  if (!pattern.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(prefix.length), 'base64url');
  const hex = bytes.subarray(0, tenantLength).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/u, '$1-$2-$3-$4-$5');
}

/** What is stored of a refresh token; SHA-256 suffices for 256 random bits. */
export function hashRefreshToken(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
