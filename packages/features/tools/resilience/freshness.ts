import type { GuardedResponse } from '@devmesh/infrastructure';

/** How an answer may be kept by a private cache (RFC 9111). */
export interface Keeping {
  /** Milliseconds that it may be given again without asking. */
  readonly freshMilliseconds: number;
  /** What a later request asks with whether it still holds; empty where that cannot be asked. */
  readonly validators: Readonly<Record<string, string>>;
}

/** Longer than this nothing is given without asking, whatever the service allows. */
const longestFresh = 3_600_000;

/** How an answer to a read may be kept; undefined where it may not be kept at all. */
export function keepingOf({ status, headers }: GuardedResponse, now: number): Keeping | undefined {
  const control = directivesOf(headers.get('cache-control') ?? '');
  if (status !== 200 || control.has('no-store') || control.has('')) return undefined;
  // A cookie is for one visitor and one time; everything that `Vary: *` depends on is not known.
  if (headers.has('set-cookie') || /(?:^|,)\s*\*\s*(?:,|$)/u.test(headers.get('vary') ?? '')) return undefined;
  const freshMilliseconds = control.has('no-cache') ? 0 : lifetimeOf(headers, control, now);
  const validators = validatorsOf(headers);
  if (freshMilliseconds <= 0 && Object.keys(validators).length === 0) return undefined;
  return { freshMilliseconds: Math.max(0, freshMilliseconds), validators };
}

function validatorsOf(headers: Headers): Readonly<Record<string, string>> {
  const etag = headers.get('etag');
  if (etag !== null) return { 'if-none-match': etag };
  const modified = headers.get('last-modified');
  return modified === null ? {} : { 'if-modified-since': modified };
}

function lifetimeOf(headers: Headers, control: ReadonlyMap<string, string>, now: number): number {
  const age = secondsOf(headers.get('age') ?? '0') ?? 0;
  const maxAge = control.get('max-age');
  if (maxAge !== undefined) return Math.min(longestFresh, ((secondsOf(maxAge) ?? 0) - age) * 1000);
  const expires = headers.get('expires');
  if (expires === null) return 0;
  const date = Date.parse(headers.get('date') ?? '');
  const left = Date.parse(expires) - (Number.isNaN(date) ? now : date) - age * 1000;
  return Number.isNaN(left) ? 0 : Math.min(longestFresh, left);
}

function secondsOf(text: string): number | undefined {
  return /^\d{1,9}$/u.test(text) ? Number(text) : undefined;
}

/** The directives by name. An unreadable list has the name '', so that it is taken for the strictest. */
function directivesOf(text: string): ReadonlyMap<string, string> {
  const directives = new Map<string, string>();
  for (const part of text.match(/(?:[^,"]|"[^"]*(?:"|$))+/gu) ?? []) {
    const [, name, quoted, plain] = /^\s*([!#$%&'*+.^_`|~\w-]+)(?:=(?:"([^"]*)"|([^\s"]*)))?\s*$/u.exec(part) ?? [];
    const value = quoted ?? plain ?? '';
    const key = name?.toLowerCase() ?? (part.trim() === '' ? undefined : '');
    if (key === undefined) continue;
    // Said twice and differently, the shorter life holds.
    const earlier = directives.get(key);
    directives.set(key, earlier === undefined || Number(value) < Number(earlier) ? value : earlier);
  }
  return directives;
}
