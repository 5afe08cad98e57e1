import { header, headerBytes } from './header.ts';

/** The token of `Authorization: Bearer <token>`. */
export function bearerToken(headers: Headers): Uint8Array | undefined {
  return headerBytes(credentials(headers, /^Bearer +(\S+)$/iu));
}

/** The password of `Authorization: Basic`, whatever the user is called. */
export function basicPassword(headers: Headers): Uint8Array | undefined {
  const encoded = credentials(headers, /^Basic +([A-Za-z0-9+/]+={0,2})$/iu);
  const pair = Buffer.from(encoded ?? '', 'base64');
  const colon = pair.indexOf(':');
  return colon === -1 ? undefined : pair.subarray(colon + 1);
}

function credentials(headers: Headers, pattern: RegExp): string | undefined {
  return pattern.exec(header(headers, 'authorization') ?? '')?.[1];
}
