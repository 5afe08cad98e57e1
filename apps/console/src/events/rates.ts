/** How many seconds one bar of the chart covers. */
export const intervalSeconds = 10;

/** How many bars the chart has: the last five minutes. */
const intervalCount = 30;

/** Counts per interval for the chart: the start of each interval in seconds, and how many events fell into it. */
export interface Rates {
  readonly starts: readonly number[];
  readonly counts: readonly number[];
}

/** Counts instants (seconds since the epoch) by interval; the last interval is the one that `now` is in. */
export function ratesOf(instants: readonly number[], now: number): Rates {
  const last = Math.floor(now / intervalSeconds);
  const first = last - intervalCount + 1;
  const counts = Array.from({ length: intervalCount }, () => 0);
  for (const instant of instants) {
    // A server clock slightly ahead of ours still counts as the present interval.
    const index = Math.min(Math.floor(instant / intervalSeconds), last) - first;
    if (index >= 0) counts[index] = (counts[index] ?? 0) + 1;
  }
  return { starts: counts.map((_count, index) => (first + index) * intervalSeconds), counts };
}

/** Instants that can still be on the chart. */
export function recentInstants(instants: readonly number[], now: number): readonly number[] {
  const oldest = now - intervalSeconds * (intervalCount + 1);
  return instants.filter((instant) => instant >= oldest);
}
