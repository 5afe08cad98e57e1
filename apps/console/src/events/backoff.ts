const firstMilliseconds = 1000;
const longestMilliseconds = 30_000;

/** How long to wait before a further attempt: doubling from 1 s to 30 s, shortened at random by up to half. */
export function backoffMilliseconds(failures: number, random: () => number = Math.random): number {
  const full = Math.min(longestMilliseconds, firstMilliseconds * 2 ** Math.min(failures, 10));
  return Math.round(full * (1 - random() / 2));
}
