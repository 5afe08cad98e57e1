import { scrub } from '../credentials/credential.ts';

/** What tells a caller something that the body does not: where things are, their version, and how much may still be asked. */
const telling =
  /^(?:location|content-location|etag|last-modified|retry-after|link|allow|deprecation|sunset|(?:x-)?ratelimit(?:-[a-z-]+)?|x-rate-limit-[a-z-]+|x-total(?:-count)?|x-next-page|x-total-pages|x-request-id)$/u;
const longest = 1_000;
const most = 20;

/** The headers of an answer that help a caller, without any trace of a secret. */
export function shownHeaders(headers: Headers, traces: readonly string[]): Readonly<Record<string, string>> {
  const shown = [...headers].filter(([name]) => telling.test(name)).slice(0, most);
  return Object.fromEntries(shown.map(([name, value]) => [name, scrub(value, traces).slice(0, longest)]));
}

/** The same as lines. */
export function headerLines(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}
