/** How long a client waits before it tries again. */
export interface BackoffOptions {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
  /** Between 0 and 1. */
  readonly random: () => number;
}

/** What is waited unless told. */
export const defaultBackoff: BackoffOptions = {
  firstMilliseconds: 250,
  longestMilliseconds: 30_000,
  random: Math.random,
};

/** The wait before a try, counted from 0: doubled with each, and from half to the whole of it, so that clients do not come back together. */
export function backoffMilliseconds(
  tried: number,
  { firstMilliseconds, longestMilliseconds, random }: BackoffOptions,
): number {
  const whole = Math.min(longestMilliseconds, firstMilliseconds * 2 ** Math.min(tried, 30));
  return whole * (0.5 + random() / 2);
}
