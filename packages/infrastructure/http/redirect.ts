import { MeshError } from '@devmesh/foundation';
import { parseOutboundUrl, shownUrl } from './outbound-url.ts';

/** One request of a chain of redirects. Header names are lower-case. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
  /** Texts that no other origin may see. */
  readonly secrets: readonly string[];
}

const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** What another origin may see. Credentials also travel in headers of any name, so all others stay behind. */
const harmlessHeaders: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'content-language',
  'content-type',
  'user-agent',
]);

/** What may be asked of somebody whom nobody named: it changes nothing there. */
const repeatable: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** The hop that a redirect asks for, or undefined where the answer is no redirect. Throws when the target must not be followed. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirectStatuses.has(status) || location === undefined) return undefined;
  const url = target(hop.url, location);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new MeshError('address_refused', `${shownUrl(hop.url)} redirects from https to http, which is not followed.`);
  }
  const next = becomesGet(hop.method, status)
    ? {
        ...hop,
        url,
        method: 'GET',
        body: undefined,
        headers: without(hop.headers, (name) => name.startsWith('content-')),
      }
    : { ...hop, url };
  return url.origin === hop.url.origin ? next : elsewhere(hop, next);
}

/** The hop as another origin may see it. */
function elsewhere(from: Hop, next: Hop): Hop {
  if ((!repeatable.has(next.method) || next.body !== undefined) && !isUpgrade(from.url, next.url)) {
    throw new MeshError(
      'address_refused',
      `${shownUrl(from.url)} redirects a ${next.method} request to another origin, which is not followed.`,
    );
  }
  if (carries(next.url, from.secrets)) {
    throw new MeshError(
      'address_refused',
      `${shownUrl(from.url)} redirects to another origin with the credential in its address, which is not followed.`,
    );
  }
  return { ...next, headers: without(next.headers, (name) => !harmlessHeaders.has(name)) };
}

/** The same host, from http to https on their own ports: who asked for the one meant the other. */
function isUpgrade(from: URL, to: URL): boolean {
  return from.hostname === to.hostname && from.protocol === 'http:' && from.port === '' && to.port === '';
}

function carries(url: URL, secrets: readonly string[]): boolean {
  const shown = [url.href, decoded(url.href), decoded(url.href.replaceAll('+', ' '))];
  return secrets.some((secret) => secret !== '' && shown.some((text) => text.includes(secret)));
}

/** Percent-encoded bytes as the text that they are; a stray percent sign stands for itself. */
function decoded(text: string): string {
  const bytes = text.replaceAll(/%[\da-f]{2}/giu, (code) => String.fromCharCode(Number.parseInt(code.slice(1), 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function target(from: URL, location: string): URL {
  if (URL.canParse(location, from.href)) return parseOutboundUrl(location, from);
  throw new MeshError('upstream_failed', `${shownUrl(from)} redirects to something that is not a URL.`);
}

/** As browsers do (WHATWG fetch): 303 turns all but HEAD into GET; 301 and 302 only POST. */
function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD';
  return (status === 301 || status === 302) && method === 'POST';
}

function without(
  headers: Readonly<Record<string, string>>,
  drop: (name: string) => boolean,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !drop(name)));
}
