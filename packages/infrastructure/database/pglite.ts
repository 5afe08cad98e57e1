import { MeshError, type Telemetry } from '@devmesh/foundation';
import { createFairMutex } from './fair-mutex.ts';
import { translateFailure } from './failures.ts';
import { checkPayload, createListeners, quoteChannel } from './listeners.ts';
import { startPglite, type PgliteThread } from './pglite-thread.ts';
import type { Database, MigrationConnection } from './port.ts';
import type { Session, SessionPool } from './session.ts';
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
  const thread = await start(options, listeners.deliver);
  const { lend, lendWithin } = createPool(thread, options.waitMilliseconds ?? 10_000);
  const transactions = createTransactions({ lend }, metrics);

  const once = async (text: string, values: readonly unknown[], wait?: number): Promise<void> => {
    transactions.refuseNesting();
    const session = await lendWithin(wait);
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
    threadId: thread.threadId,
    tenant: transactions.tenant,
    system: transactions.system,
    notify: async (channel, payload) => {
      quoteChannel(channel);
      checkPayload(payload);
      await once('select pg_notify($1, $2)', [channel, payload]);
    },
    listen: async (channel, onPayload) => {
      const quoted = quoteChannel(channel);
      if (listeners.add(channel, onPayload)) await once(`listen ${quoted}`, []);
      return async () => {
        if (listeners.remove(channel, onPayload)) await once(`unlisten ${quoted}`, []);
      };
    },
    ping: () => once('select 1', [], pingMilliseconds),
    migrationConnection: async () => toMigrationConnection(await lend()),
    dump: () => thread.dump(),
    close: () => thread.close(),
  };
}

async function start(
  options: PgliteOptions,
  onNotification: (channel: string, payload: string) => void,
): Promise<PgliteThread> {
  const { folder, snapshot, telemetry } = options;
  try {
    return await startPglite({
      folder,
      snapshot,
      onNotification,
      onDeath: (reason) => {
        telemetry.log.error('the embedded database has died', reason);
      },
    });
  } catch (error) {
    const failure = translateFailure(error);
    if (failure instanceof MeshError) throw failure;
    const where = folder === undefined ? 'in memory' : `in ${folder}`;
    throw new MeshError('unavailable', `The embedded database ${where} did not open.`, { cause: error });
  }
}

interface Pool extends SessionPool {
  lendWithin(milliseconds?: number): Promise<Session>;
}

function createPool(thread: PgliteThread, waitMilliseconds: number): Pool {
  const mutex = createFairMutex('The embedded database');
  const lendWithin = async (milliseconds = waitMilliseconds): Promise<Session> => {
    const release = await mutex.acquire(milliseconds);
    return { query: thread.query, script: thread.script, release };
  };
  return { lendWithin, lend: () => lendWithin() };
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
