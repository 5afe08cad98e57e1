import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import {
  migrateUp,
  openPostgresMigrations,
  productMigrations,
  type MigrationConnection,
} from '@devmesh/infrastructure';
import { freePort } from '@devmesh/testkit';
import { countAll, countVisible } from './count.ts';
import { startEngines, type ThrowAwayEngines } from './engines.ts';
import { configuredAttempts } from './deliveries.ts';
import { createFaults } from './faults.ts';
import type { Random } from './random.ts';
import { createObserver, type Observer } from './observer.ts';
import type { ProgramOptions } from './program.ts';
import { supervise, type Supervised } from './supervisor.ts';
import { placeWitness, readTries } from './witness.ts';
import type { Cleanup, World } from './world.ts';

interface ServersOptions {
  /** Where the data and the logs go. */
  readonly folder: string;
  readonly workers: number;
  readonly random: Random;
  readonly cleanup: Cleanup;
  readonly logLevel?: string;
  readonly onLine?: (program: string, line: string) => void;
}

/** A mesh of several processes on engines of its own. */
export interface Servers extends World {
  readonly engines: ThrowAwayEngines;
  readonly ingest: Supervised;
  readonly workers: readonly Supervised[];
  /** Starts one more worker. */
  addWorker(): Supervised;
  /** Starts every service in one process, on the same engines, ports and keys. */
  startMesh(): Supervised;
  /** Asks the database; undefined while it does not answer. */
  ask<Result>(question: (connection: MigrationConnection) => Promise<Result>): Promise<Result | undefined>;
}

/** Starts engines, migrates, and starts one ingest and the workers. */
export async function openServers(options: ServersOptions): Promise<Servers> {
  const { cleanup, random, folder } = options;
  const engines = await startEngines(join(folder, 'engines'));
  cleanup.add(() => engines.remove());
  await migrate(engines.databaseUrl);
  await onServer(engines.superuserUrl, placeWitness);
  const port = await freePort();
  const start = createStarter(options, environmentOf(options, engines, port));
  const ingest = start('ingest', ['rest-api']);
  const workers: Supervised[] = [];
  const addWorker = (): Supervised => {
    const worker = start(`worker-${String(workers.length + 1)}`, ['worker']);
    workers.push(worker);
    return worker;
  };
  for (let number = 0; number < options.workers; number++) addWorker();
  await Promise.all([ingest, ...workers].map((program) => program.untilReady()));
  const observer = createObserver(engines.superuserUrl);
  cleanup.add(() => observer.close());
  return {
    apiUrl: `http://127.0.0.1:${String(port)}`,
    engines,
    ingest,
    workers,
    addWorker,
    startMesh: () => start('mesh', ['devmesh', 'up'], /Console +http/u),
    victims: workers,
    faults: createFaults({ engines, ingest, random }),
    ...questions(observer),
  };
}

function environmentOf({ folder, logLevel }: ServersOptions, engines: ThrowAwayEngines, port: number) {
  return {
    DATABASE_URL: engines.databaseUrl,
    REDIS_URL: engines.redisUrl,
    MASTER_KEY: randomBytes(32).toString('base64'),
    DATA_DIR: join(folder, 'files'),
    REGISTRATION: 'open',
    REQUESTS_PER_MINUTE: '1000000',
    WEBHOOK_ATTEMPTS: String(configuredAttempts),
    LOG_LEVEL: logLevel ?? 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    API_PORT: String(port),
    EDGE_PORT: '0',
    MOCK_PORT: '0',
  };
}

function createStarter({ cleanup, folder, onLine }: ServersOptions, environment: Readonly<Record<string, string>>) {
  return (name: string, words: ProgramOptions['words'], ready = /service started/u): Supervised => {
    const program = supervise({
      name,
      words,
      environment,
      log: join(folder, `${name}.log`),
      ready,
      onLine: (line) => onLine?.(name, line),
    });
    cleanup.add(() => program.end());
    return program;
  };
}

function questions(observer: Observer): Pick<Servers, 'ask' | 'visible' | 'settled' | 'count'> {
  return {
    ask: (question) => observer.ask(question),
    visible: () => observer.ask(countVisible),
    settled: async (wanted) => {
      const visible = await observer.ask(countVisible);
      return visible && visible.effects >= wanted.effects && visible.dead >= wanted.dead;
    },
    count: async () => {
      const counted = await observer.ask(async (connection) => ({
        ...(await countAll(connection)),
        tries: await readTries(connection),
      }));
      if (counted === undefined) throw new Error('PostgreSQL does not answer at the end of the run');
      return counted;
    },
  };
}

function migrate(url: string): Promise<void> {
  return onServer(url, async (connection) => {
    await migrateUp({ connection, services: productMigrations });
  });
}

async function onServer(url: string, work: (connection: MigrationConnection) => Promise<void>): Promise<void> {
  const connection = await openPostgresMigrations(url);
  try {
    await work(connection);
  } finally {
    await connection.close();
  }
}
