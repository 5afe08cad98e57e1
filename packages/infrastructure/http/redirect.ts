import { MeshError } from '@devmesh/foundation';
import { parseOutboundUrl, shownUrl } from './outbound-url.ts';

/** One request of a chain of redirects. Header names are lower-case. */
export interface Hop {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
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

/** The hop that a redirect asks for, or undefined where the answer is no redirect. Throws when the target must not be followed. */
export function nextHop(hop: Hop, status: number, location: string | undefined): Hop | undefined {
  if (!redirectStatuses.has(status) || location === undefined) return undefined;
  const url = target(hop.url, location);
  if (hop.url.protocol === 'https:' && url.protocol === 'http:') {
    throw new MeshError('address_refused', `${shownUrl(hop.url)} redirects from https to http, which is not followed.`);
  }
  const rewritten = becomesGet(hop.method, status)
    ? { method: 'GET', body: undefined, headers: without(hop.headers, (name) => name.startsWith('content-')) }
    : { method: hop.method, body: hop.body, headers: hop.headers };
  const headers =
    url.origin === hop.url.origin
      ? rewritten.headers
      : without(rewritten.headers, (name) => !harmlessHeaders.has(name));
  return { url, method: rewritten.method, body: rewritten.body, headers };
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
