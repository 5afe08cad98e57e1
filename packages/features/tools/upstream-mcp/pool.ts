import { MeshError, type Clock } from '@devmesh/foundation';
import type { ClientCapabilities } from '@modelcontextprotocol/client';
import { scrub } from '../credentials/credential.ts';
import type { UpstreamConnection } from './connection.ts';
import { brokeConnection, upstreamFailure } from './failure.ts';
import type { UpstreamTarget } from './target.ts';

interface PoolOptions {
  readonly clock: Clock;
  /** Opens a connection that declares these capabilities. */
  readonly open: (
    target: UpstreamTarget,
    declared: ClientCapabilities,
    signal?: AbortSignal,
  ) => Promise<UpstreamConnection>;
  /** Programs of one organization that run at once. */
  readonly processesPerTenant: number;
  readonly idleMilliseconds?: number;
}

/** The connections to upstream servers: one for each server and credential that all calls share, and some that single calls have to themselves. */
export interface UpstreamPool {
  /** Work beside that of others, on a connection that cannot be asked back. */
  together<Result>(target: UpstreamTarget, work: Work<Result>): Promise<Result>;
  /** Work on a connection that nobody else has meanwhile, so that what the server asks is asked of the right client. */
  alone<Result>(
    target: UpstreamTarget,
    declared: ClientCapabilities,
    work: Work<Result>,
    signal?: AbortSignal,
  ): Promise<Result>;
  /** Closes what nobody used for a while. */
  sweep(): void;
  /** Forgets why a server could not be reached, so that it is tried again at once. */
  forgive(tenantId: string, toolId: string): void;
  readonly size: number;
  close(): Promise<void>;
}

/** Is given the target that the connection was opened for: its credential is what the server was sent. */
type Work<Result> = (connection: UpstreamConnection, target: UpstreamTarget) => Promise<Result>;

interface Held {
  readonly target: UpstreamTarget;
  /** Undefined: all calls share it. */
  readonly declared: string | undefined;
  readonly connecting: Promise<UpstreamConnection>;
  connection: UpstreamConnection | undefined;
  users: number;
  usedAt: number;
}

interface Trouble {
  readonly error: MeshError;
  readonly failures: number;
  readonly until: number;
}

const connectionsPerTenant = 64;
const longestBackoff = 60_000;

/** Creates an empty pool. */
export function createUpstreamPool(options: PoolOptions): UpstreamPool {
  const { clock, idleMilliseconds = 300_000 } = options;
  const held = new Set<Held>();
  const troubles = new Map<string, Trouble>();
  let closed = false;

  const drop = (entry: Held): void => {
    if (!held.delete(entry)) return;
    void entry.connecting.then((connection) => connection.close()).catch(() => undefined);
  };

  const makeRoom = (target: UpstreamTarget): void => {
    const program = target.address.transport === 'stdio';
    const rivals = [...held].filter(
      (entry) => entry.target.tenantId === target.tenantId && (!program || entry.target.address.transport === 'stdio'),
    );
    if (rivals.length < (program ? options.processesPerTenant : connectionsPerTenant)) return;
    const idle = rivals.filter(({ users }) => users === 0).toSorted((one, other) => one.usedAt - other.usedAt)[0];
    if (idle === undefined) {
      const what = program ? 'programs' : 'connections to MCP servers';
      throw new MeshError('unavailable', `The organization already has ${String(rivals.length)} ${what} in use.`, {
        retryAfterSeconds: 5,
      });
    }
    drop(idle);
  };

  const open = (
    target: UpstreamTarget,
    declared: ClientCapabilities,
    key: string | undefined,
    signal?: AbortSignal,
  ): Held => {
    if (closed) throw new MeshError('unavailable', 'This process is stopping.');
    const trouble = troubles.get(target.key);
    if (trouble !== undefined && trouble.until > clock.now()) throw again(trouble.error);
    makeRoom(target);
    const connecting = options.open(target, declared, signal);
    const entry: Held = { target, declared: key, connecting, connection: undefined, users: 0, usedAt: clock.now() };
    held.add(entry);
    connecting.then(
      (connection) => {
        entry.connection = connection;
        troubles.delete(target.key);
      },
      (error: unknown) => {
        held.delete(entry);
        if (signal?.aborted !== true) remember(troubles, target, { error, now: clock.now() });
      },
    );
    return entry;
  };

  const find = (target: UpstreamTarget, key: string | undefined): Held | undefined =>
    [...held].find(
      (entry) =>
        entry.target.key === target.key &&
        entry.declared === key &&
        entry.connection?.closed !== true &&
        (key === undefined || entry.users === 0),
    );

  const run = async <Result>(entry: Held, work: Work<Result>): Promise<Result> => {
    entry.users += 1;
    try {
      return await work(await entry.connecting, entry.target);
    } catch (thrown) {
      const error = withoutTraces(entry.connection?.explain(thrown) ?? thrown, entry.target);
      if (brokeConnection(upstreamFailure(error, entry.target.service))) drop(entry);
      throw error;
    } finally {
      entry.users -= 1;
      entry.usedAt = clock.now();
      if (entry.connection?.closed === true) held.delete(entry);
    }
  };

  const attempt = async <Result>(take: () => Held, work: Work<Result>): Promise<Result> => {
    const entry = take();
    const known = entry.connection !== undefined;
    try {
      return await run(entry, work);
    } catch (error) {
      if (!known || !forgotSession(error)) throw error;
      // The server has been restarted: it refused a session that it does not know, and did nothing.
      drop(entry);
      return run(take(), work);
    }
  };

  return {
    get size() {
      return held.size;
    },
    together: (target, work) => attempt(() => find(target, undefined) ?? open(target, {}, undefined), work),
    alone: (target, declared, work, signal) => {
      const key = JSON.stringify(declared);
      return attempt(() => find(target, key) ?? open(target, declared, key, signal), work);
    },
    sweep: () => {
      const before = clock.now() - idleMilliseconds;
      for (const entry of held) if (entry.users === 0 && entry.usedAt < before) drop(entry);
      for (const [key, { until }] of troubles) if (until + longestBackoff < clock.now()) troubles.delete(key);
    },
    forgive: (tenantId, toolId) => {
      for (const key of troubles.keys()) if (key.startsWith(`${tenantId} ${toolId} `)) troubles.delete(key);
    },
    close: async () => {
      closed = true;
      const ending = [...held].map(({ connecting }) => connecting.then((connection) => connection.close()));
      held.clear();
      await Promise.allSettled(ending);
    },
  };
}

function remember(
  troubles: Map<string, Trouble>,
  { key, service }: UpstreamTarget,
  { error, now }: { readonly error: unknown; readonly now: number },
): void {
  const failures = (troubles.get(key)?.failures ?? 0) + 1;
  const pause = Math.min(longestBackoff, 1_000 * 2 ** (failures - 1));
  troubles.set(key, { error: upstreamFailure(error, service), failures, until: now + pause });
}

function again(error: MeshError): MeshError {
  return new MeshError(error.code, `${error.message} It is tried again in a moment.`, {
    cause: error,
    retryAfterSeconds: 1,
  });
}

/** The error without any form of the credential that the server may have repeated. */
function withoutTraces(error: unknown, { credentials }: UpstreamTarget): unknown {
  if (error instanceof Error) error.message = scrub(error.message, credentials.traces());
  return error;
}

/** Whether a server of a revision with sessions refused one that it does not know any more. */
function forgotSession(error: unknown): boolean {
  const { status } = error as { readonly status?: unknown };
  return status === 404;
}
