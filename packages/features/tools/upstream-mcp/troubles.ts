import { MeshError, type Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { upstreamFailure } from './failure.ts';
import type { UpstreamTarget } from './target.ts';

interface Trouble {
  readonly error: MeshError;
  readonly failures: number;
  readonly until: number;
}

/** Why servers could not be reached lately: nobody waits for one again that was just found dead. */
export interface Troubles {
  /** Throws the failure again while it is fresh. */
  check(target: UpstreamTarget): void;
  remember(target: UpstreamTarget, error: unknown): void;
  forget(target: UpstreamTarget): void;
  /** Forgets what is known of a server, under whichever credential. */
  forgive(tenantId: string, toolId: string): void;
}

const most = 5_000;
const firstPause = 1_000;
const longestPause = 60_000;

/** Remembers the failures of most servers; each in a row is remembered twice as long. */
export function createTroubles(clock: Clock): Troubles {
  const troubles = new LRUCache<string, Trouble>({ max: most });
  return {
    check: ({ key }) => {
      const trouble = troubles.get(key);
      if (trouble === undefined || trouble.until <= clock.now()) return;
      const { code, message } = trouble.error;
      throw new MeshError(code, `${message} It is tried again in a moment.`, {
        cause: trouble.error,
        retryAfterSeconds: 1,
      });
    },
    remember: ({ key, service }, error) => {
      const failures = (troubles.get(key)?.failures ?? 0) + 1;
      const pause = Math.min(longestPause, firstPause * 2 ** (failures - 1));
      troubles.set(key, { error: upstreamFailure(error, service), failures, until: clock.now() + pause });
    },
    forget: ({ key }) => {
      troubles.delete(key);
    },
    forgive: (tenantId, toolId) => {
      for (const key of troubles.keys()) if (key.startsWith(`${tenantId} ${toolId} `)) troubles.delete(key);
    },
  };
}
