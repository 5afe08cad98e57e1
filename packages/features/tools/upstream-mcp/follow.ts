import { toMeshError } from '@devmesh/foundation';
import { holdConnection, type Holding } from './hold.ts';
import type { UpstreamOptions } from './options.ts';
import { lookAt } from './refresh.ts';
import { leaseSeconds, releaseLease, renewLease, type Followed } from './store-leases.ts';

/** Follows one server for as long as its lease is held. */
export interface Follower {
  /** Resolves when it no longer follows. */
  readonly ended: Promise<void>;
  /** The server says that something changed, or somebody wants to hear of more. */
  changed(): void;
  stop(): Promise<void>;
}

interface Following {
  readonly tenantId: string;
  readonly toolId: string;
  readonly fence: string;
}

const renewMilliseconds = 20_000;
/** A server that says all the time that its lists changed is read this often. */
const calmMilliseconds = 500;

/** Starts to follow. */
export function createFollower(options: UpstreamOptions, following: Following): Follower {
  const { clock, database, telemetry } = options;
  const { tenantId, toolId, fence } = following;
  const renew = (): Promise<Followed | undefined> =>
    database.tenant(tenantId, (tx) => renewLease(tx, { toolId, fence, seconds: leaseSeconds }));
  const stopping = new AbortController();
  let woken = new AbortController();
  let told = false;
  let holding: Holding | undefined;

  const hold = async (): Promise<void> => {
    if (holding !== undefined) return;
    const held = holdConnection(options, following);
    holding = held;
    const broke = await held.ended;
    holding = undefined;
    if (stopping.signal.aborted || !broke) return;
    // That it broke off is looked into at once.
    told = true;
    woken.abort();
  };

  const step = async (): Promise<Followed | undefined> => {
    const followed = await renew();
    if (followed === undefined) return undefined;
    if (!told && followed.dueMilliseconds > 0) return followed;
    told = false;
    options.pool.forgive(tenantId, toolId);
    await lookAt(options, { tenantId, toolId, fence, signal: stopping.signal });
    return renew();
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = new AbortController();
      const followed = await step();
      if (followed === undefined) break;
      if (followed.state === 'connected' && followed.transport !== 'stdio') void hold();
      holding?.refresh();
      await clock.sleep(
        Math.min(renewMilliseconds, Math.max(calmMilliseconds, followed.dueMilliseconds)),
        woken.signal,
      );
      await clock.sleep(calmMilliseconds, stopping.signal);
    }
  };

  const follow = async (): Promise<void> => {
    try {
      await run();
    } catch (error) {
      if (!stopping.signal.aborted) {
        telemetry.log.warn('an MCP server could not be followed', { 'error.code': toMeshError(error).code, toolId });
      }
    } finally {
      await holding?.stop();
    }
  };
  const ended = follow();
  return {
    ended,
    changed: () => {
      told = true;
      woken.abort();
    },
    stop: async () => {
      stopping.abort();
      woken.abort();
      await ended;
      await database.tenant(tenantId, (tx) => releaseLease(tx, toolId, fence)).catch(() => undefined);
    },
  };
}
