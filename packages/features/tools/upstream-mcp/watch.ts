import { toMeshError, type Service } from '@devmesh/foundation';
import { changeChannel, changePayload, readChange } from './bell.ts';
import { createFollower, type Follower } from './follow.ts';
import type { UpstreamOptions } from './options.ts';
import { leaseSeconds, selectOrphans, takeLease } from './store-leases.ts';

/** Servers that one process follows at most. */
const mostFollowed = 500;
const takenAtOnce = 20;
const lookEveryMilliseconds = 3_000;

/**
 * Follows servers: looks at each when it is due or says that its lists changed, and holds a connection to it in between. Of
 * many processes one follows a server, under a lease.
 */
export function createUpstreamWatch(options: UpstreamOptions): Service {
  const { bell, clock, telemetry } = options;
  const followers = new Map<string, Follower>();
  let stopping: AbortController | undefined;
  let running: Promise<void> | undefined;
  let woken = new AbortController();
  let leave: (() => Promise<void>) | undefined;
  let failure: string | undefined;

  const follow = (tenantId: string, toolId: string, fence: string): void => {
    const key = changePayload({ tenantId, toolId });
    const follower = createFollower(options, { tenantId, toolId, fence });
    followers.set(key, follower);
    void follower.ended.finally(() => followers.delete(key));
  };

  const takeOrphans = async (): Promise<void> => {
    const room = mostFollowed - followers.size;
    if (room <= 0) return;
    const orphans = await options.database.system('sweep', (tx) => selectOrphans(tx, Math.min(room, takenAtOnce)));
    for (const { tenantId, toolId } of orphans) {
      if (followers.has(changePayload({ tenantId, toolId }))) continue;
      const fence = await options.database.tenant(tenantId, (tx) => takeLease(tx, toolId, leaseSeconds));
      if (fence !== undefined) follow(tenantId, toolId, fence);
    }
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      woken = new AbortController();
      try {
        await takeOrphans();
        failure = undefined;
      } catch (error) {
        failure = `its last look failed: ${toMeshError(error).message}`;
        telemetry.log.warn('MCP servers could not be looked for', { 'error.code': toMeshError(error).code });
      }
      await clock.sleep(lookEveryMilliseconds, woken.signal);
    }
  };

  return {
    name: 'upstream-servers',
    start: async () => {
      if (running !== undefined) return;
      const stop = new AbortController();
      stopping = stop;
      leave = await bell.listen(changeChannel, (payload) => {
        const follower = followers.get(payload);
        if (follower !== undefined) follower.changed();
        else if (readChange(payload) !== undefined) woken.abort();
      });
      running = run(stop.signal);
    },
    ready: () => Promise.resolve(failure === undefined ? { ready: true } : { ready: false, reason: failure }),
    stop: async () => {
      stopping?.abort();
      woken.abort();
      await leave?.();
      await running;
      await Promise.all([...followers.values()].map((follower) => follower.stop()));
    },
  };
}
