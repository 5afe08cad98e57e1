/** Upper bounds of the classes of durations, in milliseconds; a last class is for what is slower. */
const bounds = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000] as const;

/** Counts durations by class. */
export type Histogram = readonly number[];

/** Classes of a histogram. */
export const classes: number = bounds.length + 1;

/** The class of a duration. */
export function classOf(milliseconds: number): number {
  const at = bounds.findIndex((bound) => milliseconds <= bound);
  return at === -1 ? bounds.length : at;
}

/** The bound that the share of the durations does not pass; undefined where there are none, the last bound where they are slower. */
export function quantileOf(histogram: Histogram, share: number): number | undefined {
  const total = histogram.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [at, count] of histogram.entries()) {
    seen += count;
    if (seen >= total * share) return bounds[at] ?? bounds.at(-1);
  }
  return bounds.at(-1);
}
