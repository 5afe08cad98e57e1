import { toMeshError } from '@devmesh/foundation';
import type { McpSubscription } from '@modelcontextprotocol/client';
import type { UpstreamConnection } from './connection.ts';
import { createDeferred } from './deferred.ts';
import type { UpstreamOptions } from './options.ts';
import { lookAt, reachAsOwner } from './refresh.ts';
import { updateDue } from './store.ts';
import { releaseLease, renewLease, type Followed } from './store-leases.ts';
import { selectSubscriptions } from './store-offerings.ts';
import { leaseSeconds } from './watch.ts';

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
const pingMilliseconds = 30_000;

/** Starts to follow. */
export function createFollower(options: UpstreamOptions, following: Following): Follower {
  const { clock, database, telemetry } = options;
  const { tenantId, toolId, fence } = following;
  const stopping = new AbortController();
  let woken = new AbortController();
  let told = false;
  let holding: Holding | undefined;

  const hold = (): void => {
    if (holding !== undefined) return;
    const held = holdConnection(options, following);
    holding = held;
    void held.ended.finally(async () => {
      holding = undefined;
      // That it broke off is looked into at once.
      if (!stopping.signal.aborted && held.broke) {
        await database.tenant(tenantId, (tx) => updateDue(tx, toolId)).catch(() => undefined);
        woken.abort();
      }
    });
  };

  const step = async (): Promise<Followed | undefined> => {
    const followed = await database.tenant(tenantId, (tx) => renewLease(tx, { toolId, fence, seconds: leaseSeconds }));
    if (followed === undefined) return undefined;
    if (!told && followed.dueMilliseconds > 0) return followed;
    told = false;
    options.pool.forgive(tenantId, toolId);
    await lookAt(options, { tenantId, toolId, fence, signal: stopping.signal });
    return database.tenant(tenantId, (tx) => renewLease(tx, { toolId, fence, seconds: leaseSeconds }));
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      woken = new AbortController();
      const followed = await step();
      if (followed === undefined) break;
      if (followed.state === 'connected' && followed.transport !== 'stdio') hold();
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
      if (stopping.signal.aborted) return;
      telemetry.log.warn('an MCP server could not be followed', { 'error.code': toMeshError(error).code, toolId });
    })
    .finally(() => holding?.stop());
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

interface Holding {
  readonly ended: Promise<void>;
  /** Whether it ended by itself. */
  readonly broke: boolean;
  /** Looks for what somebody wants to hear of by now. */
  refresh(): void;
  stop(): Promise<void>;
}

/** Keeps a connection open by which the server can tell that something changed. */
function holdConnection(options: UpstreamOptions, { tenantId, toolId }: Following): Holding {
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
  const ended = reachAsOwner(options, { tenantId, toolId })
    .then((reached) => (reached === undefined ? undefined : options.pool.together(reached.target, stay)))
    .catch(() => undefined);
  return {
    ended,
    get broke() {
      return !stopped;
    },
    refresh: () => {
      follow?.().catch((error: unknown) => {
        options.telemetry.log.warn('a resource could not be subscribed to', { 'error.code': toMeshError(error).code });
      });
    },
    stop: () => {
      stopped = true;
      stopping.resolve();
      return ended;
    },
  };
}

interface Subscriptions {
  /** Subscribes to just these. */
  follow(uris: readonly string[]): Promise<void>;
  /** Resolves when the server has ended the stream by which it tells. */
  readonly broke: Promise<void>;
  end(): Promise<void>;
}

/** What a server is asked to tell, in the way of its revision. */
function createSubscriptions(connection: UpstreamConnection): Subscriptions {
  const { client, modern, capabilities } = connection;
  const broke = createDeferred<void>();
  let current: readonly string[] | undefined;
  let stream: McpSubscription | undefined;
  const listen = async (uris: readonly string[]): Promise<void> => {
    const before = stream;
    const opened = await client.listen(
      {
        ...(capabilities.tools?.listChanged === true ? { toolsListChanged: true } : {}),
        ...(capabilities.prompts?.listChanged === true ? { promptsListChanged: true } : {}),
        ...(capabilities.resources?.listChanged === true ? { resourcesListChanged: true } : {}),
        ...(uris.length > 0 ? { resourceSubscriptions: [...uris] } : {}),
      },
      { timeout: 15_000 },
    );
    stream = opened;
    void opened.closed.then((how) => {
      if (how !== 'local' && stream === opened) broke.resolve();
    });
    await before?.close();
  };
  const subscribe = async (uris: readonly string[]): Promise<void> => {
    const before = new Set(current);
    const wanted = new Set(uris);
    for (const uri of wanted) if (!before.has(uri)) await client.subscribeResource({ uri }, { timeout: 15_000 });
    for (const uri of before) if (!wanted.has(uri)) await client.unsubscribeResource({ uri }, { timeout: 15_000 });
  };
  return {
    broke: broke.promise,
    follow: async (uris) => {
      if (current !== undefined && current.join('\n') === uris.join('\n')) return;
      if (modern) await listen(uris);
      else await subscribe(uris);
      current = uris;
    },
    end: async () => {
      await stream?.close().catch(() => undefined);
    },
  };
}
