import type { PolicyState } from './rate-limit.ts';

/**
 * The limits of an answer as draft-ietf-httpapi-ratelimit-headers-10 writes them: `RateLimit-Policy` says what is
 * allowed (`q` in `w` seconds), `RateLimit` what is left (`r`, and `t` seconds until all of it is back). `Retry-After`
 * is there where a limit refused: the seconds until the last of those that did gives one more.
 */
export function rateLimitHeaders(policies: readonly PolicyState[]): Readonly<Record<string, string>> {
  if (policies.length === 0) return {};
  const refused = policies.filter(({ allowed }) => !allowed);
  return {
    'RateLimit-Policy': policies
      .map(({ policy, limit, windowSeconds }) => `${quoted(policy)};q=${whole(limit)};w=${whole(windowSeconds)}`)
      .join(', '),
    RateLimit: policies
      .map(({ policy, remaining, fullSeconds }) => `${quoted(policy)};r=${whole(remaining)};t=${whole(fullSeconds)}`)
      .join(', '),
    ...(refused.length === 0
      ? {}
      : { 'Retry-After': whole(Math.max(1, ...refused.map(({ resetSeconds }) => resetSeconds))) }),
  };
}

// The largest integer of structured fields (RFC 9651) has 15 digits.
function whole(value: number): string {
  return String(Math.min(999_999_999_999_999, Math.ceil(value)));
}

/** A string of structured fields: printable ASCII; anything else has no place in it. */
function quoted(text: string): string {
  if (/^[\w -]*$/u.test(text)) return `"${text}"`;
  return `"${text.replaceAll(/[^\x20-\x7e]/gu, '?').replaceAll(/["\\]/gu, '\\$&')}"`;
}
