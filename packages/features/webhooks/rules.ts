const firstDelaySeconds = 2;
const longestDelaySeconds = 300;

/** Seconds to wait before the next try: exponential, bounded; `random` in [0, 1) spreads them. */
export function retryDelaySeconds(attempts: number, random: number): number {
  const full = Math.min(longestDelaySeconds, firstDelaySeconds * 2 ** Math.max(0, attempts - 1));
  return full * (0.5 + random / 2);
}
