import { createSecureContext } from 'node:tls';
import { framingHeaders, MeshError } from '@devmesh/foundation';
import type { Credential } from './credential.ts';
import { checkGrant } from './grant-credential.ts';

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u;
const printable = /^[\u0020-\u007E]+$/u;
/** RFC 6265: neither space nor quote, comma, semicolon and backslash. */
const cookieText = /^[!#-+\--:<-[\]-~]+$/u;

/** Throws `invalid_request` for a credential that could not be sent; its message never holds the secret. */
export function checkCredential(credential: Credential): void {
  switch (credential.kind) {
    case 'clientCredentials':
    case 'jwtBearer':
      checkGrant(credential);
      return;
    case 'bearer':
      requirePrintable('token', credential.token);
      return;
    case 'basic':
      if (credential.username.includes(':')) throw refusal('username', 'must not contain a colon');
      return;
    case 'apiKey':
      checkKey(credential);
      return;
    case 'header':
      checkHeader(credential);
      return;
    case 'mutualTls':
      checkCertificate(credential);
      return;
    case 'awsSigV4':
      checkSigning(credential);
      return;
    case 'oauth2':
    case 'none':
  }
}

function checkHeader({ scheme, value }: Extract<Credential, { kind: 'header' }>): void {
  if (!token.test(scheme)) throw refusal('scheme', 'must be the name of an HTTP authentication scheme');
  requirePrintable('value', value);
}

function checkSigning(credential: Extract<Credential, { kind: 'awsSigV4' }>): void {
  for (const name of ['accessKeyId', 'secretAccessKey', 'region', 'service'] as const) {
    requirePrintable(name, credential[name]);
  }
  if (credential.sessionToken !== undefined) requirePrintable('sessionToken', credential.sessionToken);
}

function requirePrintable(field: string, text: string): void {
  if (!printable.test(text)) throw refusal(field, 'must be printable ASCII, without line breaks');
}

function checkKey({ in: location, name, value }: Extract<Credential, { kind: 'apiKey' }>): void {
  if ((location === undefined) !== (name === undefined)) {
    throw refusal('name', 'and in are given both, or neither where the document tells them');
  }
  if (location === 'header' && (!token.test(name ?? '') || isTaken((name ?? '').toLowerCase()))) {
    throw refusal('name', 'must be the name of a header that carries a key');
  }
  if (location === 'cookie') {
    if (!token.test(name ?? '')) throw refusal('name', 'must be the name of a cookie');
    if (!cookieText.test(value)) throw refusal('value', 'must hold what a cookie can');
  }
  if (location !== 'query') requirePrintable('value', value);
}

function isTaken(header: string): boolean {
  return framingHeaders.has(header) || header === 'content-type' || header === 'cookie';
}

function checkCertificate({ certificate, key, authority }: Extract<Credential, { kind: 'mutualTls' }>): void {
  try {
    createSecureContext({ cert: certificate, key, ...(authority === undefined ? {} : { ca: authority }) });
  } catch {
    // What OpenSSL says could hold a part of the key.
    throw refusal('certificate', 'and key must be a certificate and its own unencrypted private key, in PEM');
  }
}

function refusal(field: string, message: string): MeshError {
  return new MeshError('invalid_request', `The credential's ${field} ${message}.`, {
    issues: [{ path: `credential.${field}`, message }],
  });
}
