import { toMeshError } from '@devmesh/foundation';
import type { UpstreamConnection } from './connection.ts';
import { createDeferred } from './deferred.ts';
import type { UpstreamOptions } from './options.ts';
import { reachAsOwner } from './refresh.ts';
import { selectSubscriptions } from './store-offerings.ts';
import { createSubscriptions } from './subscriptions.ts';

const pingMilliseconds = 30_000;

/** A connection that is kept open. */
export interface Holding {
  /** Resolves when it is held no more, with whether that came about by itself. */
  readonly ended: Promise<boolean>;
  /** Looks for what somebody wants to hear of by now. */
  refresh(): void;
  stop(): Promise<void>;
}

/** Keeps a connection open by which the server can tell that something changed. */
export function holdConnection(
  options: UpstreamOptions,
  { tenantId, toolId }: { readonly tenantId: string; readonly toolId: string },
): Holding {
  const stopping = createDeferred<void>();
  let stopped = false;
  let follow: (() => Promise<void>) | undefined;
  const stay = async (connection: UpstreamConnection): Promise<void> => {
    const subscriptions = createSubscriptions(connection);
    follow = async () =>
      subscriptions.follow(await options.database.tenant(tenantId, (tx) => selectSubscriptions(tx, toolId)));
    const alive = setInterval(() => {
      if (!connection.modern) connection.client.ping({ timeout: 10_000 }).catch(() => connection.close());
    }, pingMilliseconds);
    alive.unref();
    try {
      await follow();
      await Promise.race([connection.ended, subscriptions.broke, stopping.promise]);
    } finally {
      clearInterval(alive);
      follow = undefined;
      await subscriptions.end();
    }
  };
  const keep = async (): Promise<boolean> => {
    try {
      const reached = await reachAsOwner(options, { tenantId, toolId });
      if (reached !== undefined) await options.pool.together(reached.target, stay);
    } catch (error) {
      options.telemetry.log.debug('a connection to an MCP server broke off', { 'error.code': toMeshError(error).code });
    }
    return !stopped;
  };
  const ended = keep();
  return {
    ended,
    refresh: () => {
      follow?.().catch((error: unknown) => {
        options.telemetry.log.warn('a resource could not be subscribed to', { 'error.code': toMeshError(error).code });
      });
    },
    stop: async () => {
      stopped = true;
      stopping.resolve();
      await ended;
    },
  };
}
