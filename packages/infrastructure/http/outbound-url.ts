import { MeshError } from '@devmesh/foundation';

/** Reads an address to call. Throws `invalid_request` for no URL, `address_refused` for another scheme or credentials in it. */
export function parseOutboundUrl(text: string, base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw new MeshError('invalid_request', 'The address to call is not a valid URL.');
  }
  const url = new URL(text, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new MeshError('address_refused', 'Only http and https addresses can be called.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new MeshError('address_refused', 'An address with a user name or password in it is not called.');
  }
  return url;
}

/** The port a URL connects to. */
export function portOfUrl(url: URL): number {
  if (url.port !== '') return Number(url.port);
  return url.protocol === 'https:' ? 443 : 80;
}

const shownLength = 300;

/** A URL as messages, logs and traces may show it: origin and path, never the query, which may hold a key. */
export function shownUrl(url: URL): string {
  return `${url.origin}${url.pathname}`.slice(0, shownLength);
}
