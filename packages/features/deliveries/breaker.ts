/** How an endpoint did lately. Times are Unix milliseconds of the database. */
export interface Breaker {
  /** Failed attempts since the last success. */
  readonly failures: number;
  readonly failingSince: number | undefined;
  /** How often it was opened since the last success; the pause grows with it. */
  readonly openings: number;
  /** While it is open nothing is sent; from then on one delivery probes. */
  readonly openUntil: number | undefined;
}

/** Nothing has failed. */
export const closed: Breaker = { failures: 0, failingSince: undefined, openings: 0, openUntil: undefined };

/** Failures in a row that open the breaker. */
export const breakAfter = 5;
const firstPause = 30_000;
const longestPause = 3_600_000;
const givesUpAfter = 5 * 86_400_000;

/** How many deliveries may go out now, next to those that are under way. */
export function room(
  breaker: Breaker,
  { now, underWay, parallel }: { now: number; underWay: number; parallel: number },
) {
  if (breaker.openUntil === undefined) return Math.max(0, parallel - underWay);
  return now >= breaker.openUntil && underWay === 0 ? 1 : 0;
}

/** After a success, whatever came before. */
export function afterSuccess(): Breaker {
  return closed;
}

/** After a failure. One that was under way when the breaker opened does not lengthen the pause; a failed probe doubles it. */
export function afterFailure(breaker: Breaker, now: number): Breaker {
  const failures = breaker.failures + 1;
  const failingSince = breaker.failingSince ?? now;
  const opens = breaker.openUntil === undefined ? failures >= breakAfter : now >= breaker.openUntil;
  if (!opens) return { ...breaker, failures, failingSince };
  const openings = breaker.openings + 1;
  const pause = Math.min(longestPause, firstPause * 2 ** Math.min(openings - 1, 20));
  return { failures, failingSince, openings, openUntil: now + pause };
}

/** Whether an endpoint has failed for so long, without one success, that it is switched off. */
export function isHopeless({ failingSince, failures }: Breaker, now: number): boolean {
  return failures >= breakAfter && failingSince !== undefined && now - failingSince >= givesUpAfter;
}
