const longestUri = 512;
const loopbackHosts: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
/** What a URI is made of (RFC 3986): anything else would be read differently by different parsers. */
const characters = /^[A-Za-z0-9._~:/?#[\]@!$&'()*+,;=%-]+$/u;

/** Whether a client may be answered there at all: https, or http on the user's own machine; no fragment, no user, no `..`. */
export function isAllowedRedirectUri(text: string): boolean {
  const url = parse(text);
  if (url === undefined) return false;
  return url.protocol === 'https:' || isLoopback(url);
}

/**
 * Whether the URI of a request is one of those registered: the same text, but for the port of a loopback address, which a
 * program on the user's machine only knows once it listens (RFC 8252, section 7.3).
 */
export function matchesRedirectUri(registered: readonly string[], requested: string): boolean {
  if (!isAllowedRedirectUri(requested)) return false;
  return registered.some((uri) => uri === requested || withoutLoopbackPort(uri) === withoutLoopbackPort(requested));
}

/** Whether a URI leads to the user's own machine. */
export function isLoopbackRedirect(uri: string): boolean {
  const url = parse(uri);
  return url !== undefined && isLoopback(url);
}

/** The host that a person is shown; empty for what is no allowed URI. */
export function hostOfRedirect(uri: string): string {
  return parse(uri)?.host ?? '';
}

function parse(text: string): URL | undefined {
  if (text.length > longestUri || !characters.test(text) || text.includes('#')) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  // Only what parsing leaves as it is: then everybody reads the same host and path.
  if (url === undefined || (url.href !== text && url.href !== `${text}/`)) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}

function isLoopback(url: URL): boolean {
  return url.protocol === 'http:' && loopbackHosts.has(url.hostname);
}

/** Undefined for what is not on the loopback, which therefore equals nothing but itself. */
function withoutLoopbackPort(text: string): string | symbol {
  const url = parse(text);
  if (url === undefined || !isLoopback(url)) return Symbol(text);
  url.port = '';
  return url.href;
}
