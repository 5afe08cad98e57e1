import { framingHeaders, MeshError } from '@devmesh/foundation';
import type { Credential } from './credential.ts';
import { checkGrant } from './grant-credential.ts';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u;
const printable = /^[\u0020-\u007E]+$/u;

/** Throws `invalid_request` for a credential that could not be sent; its message never holds the secret. */
export function checkCredential(credential: Credential): void {
  if (credential.kind === 'clientCredentials' || credential.kind === 'jwtBearer') checkGrant(credential);
  if (credential.kind === 'bearer' && !printable.test(credential.token)) {
    throw refusal('token', 'must be printable ASCII, without line breaks');
  }
  if (credential.kind !== 'apiKey' || credential.in !== 'header') return;
  if (!token.test(credential.name) || isTaken(credential.name.toLowerCase())) {
    throw refusal('name', 'must be the name of a header that carries a key');
  }
  if (!printable.test(credential.value)) throw refusal('value', 'must be printable ASCII, without line breaks');
}

function isTaken(header: string): boolean {
  return framingHeaders.has(header) || header === 'content-type' || header === 'cookie';
}

function refusal(field: string, message: string): MeshError {
  return new MeshError('invalid_request', `The credential's ${field} ${message}.`, {
    issues: [{ path: `credential.${field}`, message }],
  });
}
