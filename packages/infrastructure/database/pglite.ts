import type { Telemetry } from '@devmesh/foundation';
import { createFairMutex } from './fair-mutex.ts';
import { translateFailure } from './failures.ts';
import { checkPayload, createListeners, quoteChannel, type Listeners } from './listeners.ts';
import { openPgliteEngine, type PgliteEngine } from './pglite-engine.ts';
import { tidyPglite } from './pglite-tidy.ts';
import type { Database, MigrationConnection } from './port.ts';
import type { Session } from './session.ts';
import { createTransactions } from './tenant.ts';

/** A database on PGlite: one connection, in a worker thread, owned by this process. */
export interface PgliteDatabase extends Database {
  /** The unrestricted connection; while it is open every transaction waits. */
  migrationConnection(): Promise<MigrationConnection>;
  /** A gzipped tar of the data folder. */
  dump(): Promise<Uint8Array>;
  /** The id of the worker thread that computes. */
  readonly threadId: number;
}

export interface PgliteOptions {
  /** The data folder; absent for a database in memory. The caller holds its lock. */
  readonly folder?: string | undefined;
  /** A dump to begin from, for an empty folder. */
  readonly snapshot?: Uint8Array | undefined;
  readonly telemetry: Telemetry;
  /** Milliseconds a transaction waits for the one connection. Default 10,000. */
  readonly waitMilliseconds?: number;
}

const pingMilliseconds = 2_000;

/** Opens PGlite as it is, without migrating it. */
export async function openPglite(options: PgliteOptions): Promise<PgliteDatabase> {
  const { log, metrics } = options.telemetry;
  const listeners = createListeners((error, channel) => {
    log.error('a listener failed', error, { 'devmesh.channel': channel });
  });
  const engine = await openPgliteEngine(options, listeners);
  const pool = createPool(engine);
  const wait = options.waitMilliseconds ?? 10_000;
  const transactions = createTransactions({ lend: (lane) => pool(lane, wait) }, metrics);

  let pinging: Promise<void> | undefined;
  const once: Once = async (text, values, waitMilliseconds = wait) => {
    transactions.refuseNesting();
    const session = await pool('system', waitMilliseconds);
    try {
      await session.query(text, values);
    } catch (error) {
      throw translateFailure(error);
    } finally {
      session.release(false);
    }
  };

  return {
    traits: { shared: false, survivesPowerCut: false },
    threadId: engine.thread().threadId,
    tenant: (tenantId, work) => transactions.tenant(tenantId, work),
    system: (job, work) => transactions.system(job, work),
    notify: async (channel, payload) => {
      quoteChannel(channel);
      checkPayload(payload);
      await once('select pg_notify($1, $2)', [channel, payload]);
    },
    listen: (channel, onPayload) => listen(listeners, once, channel, onPayload),
    tidy: (signal) => {
      transactions.refuseNesting();
      return tidyPglite({ lend: () => pool('system', wait), signal });
    },
    ping: () => {
      // Who asks while it is being asked hears the same.
      pinging ??= once('select 1', [], pingMilliseconds).finally(() => {
        pinging = undefined;
      });
      return pinging;
    },
    migrationConnection: async () => toMigrationConnection(await pool('system', wait)),
    dump: () => engine.thread().dump(),
    close: () => engine.close(),
  };
}

type Once = (text: string, values: readonly unknown[], waitMilliseconds?: number) => Promise<void>;

async function listen(
  listeners: Listeners,
  once: Once,
  channel: string,
  onPayload: (payload: string) => void,
): Promise<() => Promise<void>> {
  const quoted = quoteChannel(channel);
  listeners.add(channel, onPayload);
  try {
    await once(`listen ${quoted}`, []);
  } catch (error) {
    listeners.remove(channel, onPayload);
    throw error;
  }
  return async () => {
    if (listeners.remove(channel, onPayload)) await once(`unlisten ${quoted}`, []);
  };
}

// One connection: lent to one transaction after the other, to organizations in turns.
function createPool(engine: PgliteEngine): (lane: string, waitMilliseconds: number) => Promise<Session> {
  const mutex = createFairMutex('The embedded database');
  return async (lane, waitMilliseconds) => {
    const free = await mutex.acquire(lane, waitMilliseconds);
    const thread = await engine.revive().catch((error: unknown) => {
      free();
      throw error;
    });
    return {
      // In this process the engine never hangs without having ended; the wait for it is bounded by the mutex.
      begin: async (text) => {
        await thread.script(text);
      },
      query: (text, values) => thread.query(text, values),
      script: (text) => thread.script(text),
      // There is no other connection to take, so a broken one is mended, or the thread is dead.
      release: (broken) => {
        if (broken) thread.script('rollback').then(free, free);
        else free();
      },
    };
  };
}

function toMigrationConnection(session: Session): MigrationConnection {
  return {
    script: async (text) => {
      await session.script(text);
    },
    query: async <Row>(text: string, values: readonly unknown[] = []) => {
      const { rows } = await session.query(text, values);
      return rows as readonly Row[];
    },
    close: () => {
      session.release(false);
      return Promise.resolve();
    },
  };
}
