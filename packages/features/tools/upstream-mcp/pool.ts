import { MeshError, type Clock } from '@devmesh/foundation';
import type { ClientCapabilities } from '@modelcontextprotocol/client';
import { scrub } from '../credentials/credential.ts';
import type { UpstreamConnection } from './connection.ts';
import { brokeConnection, upstreamFailure } from './failure.ts';
import { createHolder, type Held, type Holder } from './holder.ts';
import type { UpstreamTarget } from './target.ts';
import { createTroubles, type Troubles } from './troubles.ts';

interface PoolOptions {
  readonly clock: Clock;
  /** Opens a connection that declares these capabilities. */
  readonly open: (target: UpstreamTarget, declared: ClientCapabilities) => Promise<UpstreamConnection>;
  /** Programs of one organization that run at once. */
  readonly processesPerTenant: number;
  readonly idleMilliseconds?: number;
}

/** The connections to upstream servers: one for each server and credential that all calls share, and some that single calls have to themselves. */
export interface UpstreamPool {
  /** Work beside that of others, on a connection that cannot be asked back. */
  together<Result>(target: UpstreamTarget, work: Work<Result>): Promise<Result>;
  /** Work on a connection that nobody else has meanwhile, so that what the server asks is asked of the right client. */
  alone<Result>(target: UpstreamTarget, declared: ClientCapabilities, work: Work<Result>): Promise<Result>;
  /** Closes what nobody used for a while. */
  sweep(): void;
  /** Forgets why a server could not be reached, so that it is tried again at once. */
  forgive(tenantId: string, toolId: string): void;
  readonly size: number;
  close(): Promise<void>;
}

/** Is given the target that the connection was opened for: its credential is what the server was sent. */
type Work<Result> = (connection: UpstreamConnection, target: UpstreamTarget) => Promise<Result>;

interface Parts extends PoolOptions {
  readonly holder: Holder;
  readonly troubles: Troubles;
  closed: boolean;
}

interface Wanted {
  readonly target: UpstreamTarget;
  readonly declared: ClientCapabilities;
  /** Undefined: all calls share it. */
  readonly key: string | undefined;
}

/** Creates an empty pool. */
export function createUpstreamPool(options: PoolOptions): UpstreamPool {
  const { clock, idleMilliseconds = 300_000 } = options;
  const holder = createHolder(options);
  const troubles = createTroubles(clock);
  const parts: Parts = { ...options, holder, troubles, closed: false };
  return {
    get size() {
      return holder.size;
    },
    together: (target, work) => attempt(parts, { target, declared: {}, key: undefined }, work),
    alone: (target, declared, work) => attempt(parts, { target, declared, key: JSON.stringify(declared) }, work),
    sweep: () => holder.dropIdle(clock.now() - idleMilliseconds),
    forgive: (tenantId, toolId) => troubles.forgive(tenantId, toolId),
    close: async () => {
      parts.closed = true;
      await holder.closeAll();
    },
  };
}

async function attempt<Result>(parts: Parts, wanted: Wanted, work: Work<Result>): Promise<Result> {
  const held = take(parts, wanted);
  const known = held.connection !== undefined;
  try {
    return await run(parts, held, work);
  } catch (error) {
    if (!known || !forgotSession(error)) throw error;
    // The server has been restarted: it refused a session that it does not know, and did nothing.
    parts.holder.drop(held);
    return run(parts, take(parts, wanted), work);
  }
}

function take(parts: Parts, wanted: Wanted): Held {
  return parts.holder.find(wanted.target, wanted.key) ?? open(parts, wanted);
}

function open(parts: Parts, { target, declared, key }: Wanted): Held {
  if (parts.closed) throw new MeshError('unavailable', 'This process is stopping.');
  parts.troubles.check(target);
  parts.holder.makeRoom(target);
  const connecting = parts.open(target, declared);
  const held: Held = {
    target,
    declared: key,
    connecting,
    connection: undefined,
    users: 0,
    usedAt: parts.clock.now(),
  };
  parts.holder.add(held);
  void settle(parts, held);
  return held;
}

async function settle({ holder, troubles }: Parts, held: Held): Promise<void> {
  try {
    held.connection = await held.connecting;
    troubles.forget(held.target);
  } catch (error) {
    holder.drop(held);
    troubles.remember(held.target, error);
  }
}

async function run<Result>({ holder, clock }: Parts, held: Held, work: Work<Result>): Promise<Result> {
  held.users += 1;
  try {
    return await work(await held.connecting, held.target);
  } catch (thrown) {
    const error = withoutTraces(held.connection?.explain(thrown) ?? thrown, held.target);
    if (brokeConnection(upstreamFailure(error, held.target.service))) holder.drop(held);
    throw error;
  } finally {
    held.users -= 1;
    held.usedAt = clock.now();
    if (held.connection?.closed === true) holder.drop(held);
  }
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
