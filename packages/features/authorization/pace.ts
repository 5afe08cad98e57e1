import { MeshError } from '@devmesh/foundation';
import { blockOf, type Limit, type RateLimit } from '@devmesh/infrastructure';

/** What of the authorization server is limited by itself. */
type PacedEndpoint = 'register' | 'authorize' | 'token';

/** Limits requests that nobody has authenticated yet, by the address they come from. */
export interface Pace {
  /** Throws `rate_limited`. Requests without an address come from this very process. */
  take(endpoint: PacedEndpoint, address: string | undefined): Promise<void>;
}

const limits: Readonly<Record<PacedEndpoint, Limit>> = {
  register: { limit: 20, windowSeconds: 600 },
  authorize: { limit: 300, windowSeconds: 60 },
  token: { limit: 600, windowSeconds: 60 },
};

/** Builds the pace. */
export function createPace({ rateLimit }: { readonly rateLimit: RateLimit }): Pace {
  return {
    take: async (endpoint, address) => {
      const { limit, windowSeconds } = limits[endpoint];
      const from = address === undefined ? 'unknown' : blockOf(address);
      const taken = await rateLimit.check(`${endpoint}:${from}`, { limit, windowSeconds });
      if (taken.allowed) return;
      throw new MeshError(
        'rate_limited',
        `At most ${String(limit)} such requests in ${String(windowSeconds)} seconds.`,
        {
          retryAfterSeconds: taken.resetSeconds,
        },
      );
    },
  };
}
