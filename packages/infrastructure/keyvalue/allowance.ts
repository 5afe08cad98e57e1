import type { Allowance, Taken } from './port.ts';

/** An allowance in whole microseconds: what one costs, and what all cost. */
export interface Measure {
  readonly each: number;
  readonly whole: number;
}

/** Rounded up, so that no window ever gives more than its limit. */
export function measureOf({ limit, windowSeconds }: Pick<Allowance, 'limit' | 'windowSeconds'>): Measure {
  const each = Math.max(1, Math.ceil((windowSeconds * 1_000_000) / limit));
  return { each, whole: each * limit };
}

/**
 * The generic cell rate algorithm over several allowances: one is taken of each, or of none. An allowance is one number,
 * the moment until which it is used (its theoretical arrival time), in microseconds. keyvalue/redis-take.ts computes the
 * same in Lua.
 */
export function takeAllowances(
  now: number,
  measures: readonly Measure[],
  usedUntil: readonly number[],
): { readonly fits: readonly boolean[]; readonly usedUntil: readonly number[] } {
  const found = lookAtAllowances(now, measures, usedUntil);
  if (!found.fits.every(Boolean)) return found;
  return { fits: found.fits, usedUntil: measures.map(({ each }, at) => (found.usedUntil[at] ?? 0) + each) };
}

/** What `takeAllowances` finds before it takes. */
export function lookAtAllowances(
  now: number,
  measures: readonly Measure[],
  usedUntil: readonly number[],
): ReturnType<typeof takeAllowances> {
  // A clock that was set back must not lock anybody out for longer than a window.
  const starts = measures.map(({ whole }, at) => Math.min(Math.max(usedUntil[at] ?? 0, now), now + whole));
  const fits = measures.map(({ each, whole }, at) => (starts[at] ?? 0) + each - now <= whole);
  return { fits, usedUntil: starts };
}

/** What is left of an allowance that is used for `used` microseconds ahead. */
export function describeTaken(allowed: boolean, used: number, { each, whole }: Measure): Taken {
  const remaining = Math.max(0, Math.floor((whole - used) / each));
  const wait = remaining > 0 ? 0 : used + each - whole;
  return { allowed, remaining, resetSeconds: wholeSeconds(wait), fullSeconds: wholeSeconds(used) };
}

function wholeSeconds(microseconds: number): number {
  return Math.max(0, Math.ceil(microseconds / 1_000_000));
}
