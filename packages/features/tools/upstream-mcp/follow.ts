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

  const changed = (): void => {
    told = true;
    woken.abort();
  };

  const hold = async (): Promise<void> => {
    const held = holdConnection(options, following);
    holding = held;
    const broke = await held.ended;
    holding = undefined;
    // That it broke off is looked into at once.
    if (broke && !stopping.signal.aborted) changed();
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
      if (holding === undefined && isHeld(followed)) void hold();
      holding?.refresh();
      await clock.sleep(
        Math.min(renewMilliseconds, Math.max(calmMilliseconds, followed.dueMilliseconds)),
        woken.signal,
      );
      await clock.sleep(calmMilliseconds, stopping.signal);
    }
  };

  const ended = run()
    .catch((error: unknown) => {
      if (!stopping.signal.aborted) tellFailure(telemetry, toolId, error);
    })
    .then(() => holding?.stop());
  return {
    ended,
    changed,
    stop: async () => {
      stopping.abort();
      woken.abort();
      await ended;
      await database.tenant(tenantId, (tx) => releaseLease(tx, toolId, fence)).catch(() => undefined);
    },
  };
}

/** Programs are not kept running for what they could tell. */
function isHeld({ state, transport }: Followed): boolean {
  return state === 'connected' && transport !== 'stdio';
}

function tellFailure({ log }: UpstreamOptions['telemetry'], toolId: string, error: unknown): void {
  log.warn('an MCP server could not be followed', { 'error.code': toMeshError(error).code, toolId });
}
