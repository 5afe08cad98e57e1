import { execFile } from 'node:child_process';
import { readdir, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '@devmesh/testkit';

const run = promisify(execFile);
const script = fileURLToPath(new URL('../../scripts/engines.mjs', import.meta.url));

type Engine = 'postgres' | 'redis';

/** A PostgreSQL and a Redis that belong to one run. */
export interface ThrowAwayEngines {
  readonly databaseUrl: string;
  /** The same database as the superuser, whom no row-level security binds. */
  readonly superuserUrl: string;
  readonly redisUrl: string;
  start(engine: Engine): Promise<void>;
  /** SIGKILL. */
  kill(engine: Engine): Promise<void>;
  /** PostgreSQL's immediate stop. */
  abort(engine: Engine): Promise<void>;
  /** SIGSTOP: connections stay, nothing is answered. */
  freeze(engine: Engine): Promise<void>;
  thaw(engine: Engine): Promise<void>;
  /** Deletes everything in Redis. */
  flush(): Promise<void>;
  /** Cuts bytes off the end of the append-only file of a Redis that does not run; tells how many. */
  cutAppendOnlyFile(bytes: number): Promise<number>;
  /** Ends both and deletes their folder. */
  remove(): Promise<void>;
}

/** Starts engines on free ports, with their data in `folder`, which must be empty or not exist. */
export async function startEngines(folder: string): Promise<ThrowAwayEngines> {
  const postgresPort = String(await freePort());
  const redisPort = String(await freePort());
  const env = {
    ...process.env,
    DEVMESH_ENGINES_DIR: folder,
    DEVMESH_ENGINES_POSTGRES_PORT: postgresPort,
    DEVMESH_ENGINES_REDIS_PORT: redisPort,
  };
  // Detached: Ctrl-C at our terminal must not end a script of ours half-way.
  const engines = async (...words: string[]): Promise<void> => {
    await run(process.execPath, [script, ...words], { env, detached: true } as object);
  };
  const remove = (): Promise<void> => engines('remove');
  try {
    await engines('up');
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    databaseUrl: `postgres://devmesh:devmesh@127.0.0.1:${postgresPort}/devmesh`,
    superuserUrl: `postgres://postgres@127.0.0.1:${postgresPort}/devmesh`,
    redisUrl: `redis://127.0.0.1:${redisPort}`,
    start: (engine) => engines('start', engine),
    kill: (engine) => engines('kill', engine),
    abort: (engine) => engines('abort', engine),
    freeze: (engine) => engines('freeze', engine),
    thaw: (engine) => engines('thaw', engine),
    flush: async () => {
      await run('redis-cli', ['-h', '127.0.0.1', '-p', redisPort, 'flushall']);
    },
    cutAppendOnlyFile: (bytes) => cutTail(join(folder, 'redis', 'data', 'appendonlydir'), bytes),
    remove,
  };
}

async function cutTail(folder: string, bytes: number): Promise<number> {
  const [newest] = (await readdir(folder))
    .filter((name) => name.endsWith('.incr.aof'))
    .toSorted(byNumber)
    .toReversed();
  if (newest === undefined) throw new Error(`there is no append-only file in ${folder}`);
  const path = join(folder, newest);
  const { size } = await stat(path);
  const left = Math.max(0, size - bytes);
  await truncate(path, left);
  return size - left;
}

function byNumber(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}
