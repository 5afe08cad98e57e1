/** Seconds to wait after each failed attempt, as Standard Webhooks recommends; after the last there is no further one. */
const pauses: readonly number[] = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000];

/** Attempts before a delivery has failed for good. */
export const maximumAttempts = pauses.length + 1;

const longestAsked = 43_200;
const jitter = 0.1;

interface FailedAttempt {
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** What the receiver asked for, where it did. */
  readonly retryAfterSeconds: number | undefined;
  /** From 0 to 1. */
  readonly random: number;
}

/** Seconds until the next attempt, or undefined where there is none: the schedule, spread by a tenth, or longer where the receiver asked. */
export function nextAttemptAfter({ attempts, retryAfterSeconds = 0, random }: FailedAttempt): number | undefined {
  const pause = pauses[attempts - 1];
  if (pause === undefined) return undefined;
  const spread = pause * (1 - jitter + 2 * jitter * random);
  return Math.max(spread, Math.min(retryAfterSeconds, longestAsked));
}

const limiting: ReadonlySet<number> = new Set([429, 503]);

/** The seconds of `Retry-After` (RFC 9110: a number, or a date) of an answer that limits; undefined without a usable one. */
export function retryAfterOf(status: number, header: string | null, now: number): number | undefined {
  if (!limiting.has(status) || header === null) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/u.test(text)) return Number(text);
  // Date.parse takes many texts for dates; RFC 9110 has only those that begin with the name of a day.
  const at = /^(?:mon|tue|wed|thu|fri|sat|sun)/iu.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}
