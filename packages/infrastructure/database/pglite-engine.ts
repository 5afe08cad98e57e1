import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MeshError, type Telemetry } from '@devmesh/foundation';
import { translateFailure } from './failures.ts';
import { quoteChannel, type Listeners } from './listeners.ts';
import { startPglite, type PgliteThread } from './pglite-thread.ts';

const logSegmentBytes = 16 * 1024 * 1024;

interface EngineOptions {
  readonly folder?: string | undefined;
  readonly snapshot?: Uint8Array | undefined;
  readonly telemetry: Telemetry;
}

/** The thread that serves a database, replaced after it has died. */
export interface PgliteEngine {
  /** The thread as it is, dead or alive. */
  thread(): PgliteThread;
  /**
   * A living thread: one that died (a full disk makes PostgreSQL end itself) is started again on its folder, where the log
   * brings back all that was committed. A database in memory stays dead. Not to be called twice at once.
   */
  revive(): Promise<PgliteThread>;
  close(): Promise<void>;
}

/** Starts the thread; throws `unavailable` or `disk_full` where the engine does not open. */
export async function openPgliteEngine(options: EngineOptions, listeners: Listeners): Promise<PgliteEngine> {
  const { folder, snapshot, telemetry } = options;
  const state = { dead: false, closed: false };

  const start = async (from: Uint8Array | undefined): Promise<PgliteThread> => {
    const started = await startPglite({
      folder,
      snapshot: from,
      onNotification: (channel, payload) => {
        listeners.deliver(channel, payload);
      },
      onDeath: (reason) => {
        state.dead = true;
        telemetry.log.error('the embedded database has died', reason);
      },
    }).catch(async (error: unknown) => {
      throw await toOpenFailure(error, folder);
    });
    state.dead = false;
    return started;
  };

  let thread = await start(snapshot);

  const revive = async (): Promise<PgliteThread> => {
    if (!state.dead || state.closed || folder === undefined) return thread;
    thread = await start(undefined);
    for (const channel of listeners.channels()) await thread.script(`listen ${quoteChannel(channel)}`);
    telemetry.log.warn('the embedded database was opened again');
    return thread;
  };

  const close = async (): Promise<void> => {
    state.closed = true;
    await thread.close();
  };

  return { thread: () => thread, revive, close };
}

async function toOpenFailure(error: unknown, folder: string | undefined): Promise<MeshError> {
  const failure = translateFailure(error);
  if (failure instanceof MeshError && failure.code !== 'unavailable') return failure;
  if (folder !== undefined && (await isFull(folder))) {
    return new MeshError('disk_full', 'The disk of the database is full, so it does not open.', { cause: error });
  }
  const where = folder === undefined ? 'in memory' : `in ${folder}`;
  return new MeshError('unavailable', `The embedded database ${where} did not open.`, { cause: error });
}

// PGlite only says that it failed; opening needs room for one segment of the log.
async function isFull(folder: string): Promise<boolean> {
  const { bavail, bsize } = await statfs(dirname(folder));
  return bavail * bsize < logSegmentBytes;
}
