import type { Taken } from './port.ts';

/** How far ahead of time an allowance is used up (the theoretical arrival time of GCRA), and what a take at `now` gives. Milliseconds. */
export interface Allowance {
  readonly taken: Taken;
  /** The new arrival time, to be kept until it has passed. */
  readonly usedUntil: number;
}

/**
 * The generic cell rate algorithm: `limit` at once, one more every `window / limit`.
 * One number per key instead of a log of requests. keyvalue/redis.ts computes the same in Lua.
 */
export function takeAllowance(now: number, usedUntil: number, limit: number, windowSeconds: number): Allowance {
  const each = (windowSeconds * 1000) / limit;
  const window = windowSeconds * 1000;
  const start = Math.max(usedUntil, now);
  const allowed = start + each - now <= window + tolerance;
  const next = allowed ? start + each : start;
  return { usedUntil: next, taken: describe(allowed, next - now, each, window) };
}

// Fractions of a millisecond do not add up exactly; without this a window divided by 3 would give 2.
const tolerance = 0.001;

/** What is left when the allowance is used for `used` milliseconds ahead. */
export function describe(allowed: boolean, used: number, each: number, window: number): Taken {
  const remaining = Math.max(0, Math.floor((window - used + tolerance) / each));
  const wait = remaining > 0 ? 0 : used + each - window;
  return { allowed, remaining, resetSeconds: Math.max(0, Math.ceil((wait - tolerance) / 1000)) };
}
