/** When a token ends, and from when on it is renewed. */
export interface TokenTimes {
  readonly accessExpiresAt: Date | null;
  readonly renewAfter: Date | null;
}

const earliestSeconds = 60;
const spreadSeconds = 120;
const shortestShare = 0.25;
const mostSeconds = 10 * 365 * 24 * 3600;

/**
 * A token is renewed one to three minutes before it ends, or in the last quarter of a shorter life; how early is drawn anew
 * for each token, so that those granted together are not renewed together. Without an end it is never renewed by time.
 */
export function timesOf(now: number, expiresInSeconds: number | undefined, random: () => number): TokenTimes {
  if (expiresInSeconds === undefined || !Number.isFinite(expiresInSeconds)) {
    return { accessExpiresAt: null, renewAfter: null };
  }
  const lifetime = Math.min(Math.max(expiresInSeconds, 0), mostSeconds);
  const early = Math.min(earliestSeconds + random() * spreadSeconds, lifetime * shortestShare);
  return {
    accessExpiresAt: new Date(now + lifetime * 1000),
    renewAfter: new Date(now + (lifetime - early) * 1000),
  };
}

/** How a token stands: `fresh`, to be renewed though still good (`early`), or `ended`. */
export function standingOf(times: TokenTimes, now: number): 'fresh' | 'early' | 'ended' {
  if (times.accessExpiresAt !== null && times.accessExpiresAt.getTime() <= now) return 'ended';
  return times.renewAfter !== null && times.renewAfter.getTime() <= now ? 'early' : 'fresh';
}
