import { join } from 'node:path';
import { MeshError, newId, systemClock, type Telemetry } from '@devmesh/foundation';
import { openDatabaseBell } from './bell/database.ts';
import { openRedisBell } from './bell/redis.ts';
import type { Bell } from './bell/port.ts';
import { openFileBlob } from './blob/file.ts';
import type { Blob } from './blob/port.ts';
import type { PlatformConfig } from './config.ts';
import { openEmbeddedDatabase } from './database/embedded.ts';
import { migrateUp, migrationStatus } from './database/migrate.ts';
import type { Database } from './database/port.ts';
import { openPostgres, openPostgresMigrations } from './database/postgres.ts';
import { createLocalEmbedder } from './embedder/local.ts';
import { createGuardedFetch } from './http/guarded-fetch.ts';
import { openFileJournal } from './journal/file.ts';
import { openMemoryKeyValue } from './keyvalue/memory.ts';
import { openRedisKeyValue } from './keyvalue/redis.ts';
import type { KeyValue } from './keyvalue/port.ts';
import { productMigrations } from './database/product-migrations.ts';
import type { Platform } from './platform.ts';
import { configuredRedis } from './redis/configured.ts';
import type { MasterKeys } from './secrets/master-keys.ts';
import { openMasterKeys } from './secrets/open-master-keys.ts';
import { openDatabaseStream } from './stream/database.ts';
import { openRedisStream } from './stream/redis.ts';
import type { Stream } from './stream/port.ts';
import { createTelemetry } from './telemetry/telemetry.ts';

interface OpenPlatformOptions {
  readonly config: PlatformConfig;
  /** The program's name, on log lines and spans. */
  readonly service: string;
  /** Whether pending migrations of a server are applied; otherwise they are refused. The embedded database always migrates itself. */
  readonly migrate: boolean;
}

type Engines = Pick<Platform, 'database' | 'journal' | 'stream' | 'bell' | 'keyvalue' | 'blob' | 'embedder' | 'fetch'>;

/**
 * Opens everything outside the process, chosen by what is configured: without DATABASE_URL an embedded PGlite, without
 * REDIS_URL streams in the database and key-values in memory. What was opened is closed again when a later part fails.
 */
export async function openPlatform({ config, service, migrate }: OpenPlatformOptions): Promise<Platform> {
  const telemetry = createTelemetry({ service, level: config.LOG_LEVEL, pretty: config.LOG_PRETTY });
  const opened: { close(): Promise<void> }[] = [telemetry];
  const keep = <Part extends { close(): Promise<void> }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  const close = (): Promise<void> => closeAll(opened.splice(0).toReversed());
  try {
    const masterKeys = keep(await openMasterKeys({ config, log: telemetry.log, clock: systemClock }));
    const engines = await openEngines({ config, telemetry, migrate, keep });
    return { ...base(config, telemetry, masterKeys), ...engines, metricsText: () => telemetry.metricsText(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

function base(config: PlatformConfig, telemetry: Telemetry, masterKeys: MasterKeys) {
  return { config, clock: systemClock, newId, telemetry, masterKeys };
}

interface EngineOptions {
  readonly config: PlatformConfig;
  readonly telemetry: Telemetry;
  readonly migrate: boolean;
  readonly keep: <Part extends { close(): Promise<void> }>(part: Part) => Part;
}

async function openEngines(options: EngineOptions): Promise<Engines> {
  const { config, telemetry, keep } = options;
  const { log } = telemetry;
  const database = keep(await openDatabase(options));
  // Beside the database, whose lock makes this process the only one here.
  const journal = database.traits.shared
    ? undefined
    : keep(await openFileJournal({ folder: join(config.DATA_DIR, 'journal'), log }));
  const redis = await configuredRedis(config, log);
  const bell: Bell = keep(redis === undefined ? openDatabaseBell({ database, log }) : openRedisBell(redis));
  const stream: Stream = keep(
    redis === undefined
      ? openDatabaseStream({ database, bell, log })
      : openRedisStream({ ...redis, bell, partitions: config.REDIS_STREAM_PARTITIONS }),
  );
  const keyvalue: KeyValue = keep(redis === undefined ? openMemoryKeyValue() : openRedisKeyValue(redis));
  const blob = keep(await openBlob(config));
  const embedder = keep(createLocalEmbedder());
  const fetch = keep(
    createGuardedFetch({
      allowHosts: config.OUTBOUND_ALLOW_HOSTS,
      organizationAllowHosts: config.ORGANIZATION_ALLOW_HOSTS,
      telemetry,
    }),
  );
  return { database, journal, stream, bell, keyvalue, blob, embedder, fetch };
}

/** Files, or the bucket where one is configured; its client is loaded only then. */
async function openBlob(config: PlatformConfig): Promise<Blob> {
  const { S3_BUCKET: bucket, S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const maximumBytes = config.BLOB_MAXIMUM_MEGABYTES * 1024 * 1024;
  const folder = join(config.DATA_DIR, 'blobs');
  if (bucket === undefined) return openFileBlob({ folder, maximumBytes });
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    throw new MeshError('invalid_config', 'Set S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY both, or neither.');
  }
  const { openS3Blob } = await import('./blob/s3.ts');
  return openS3Blob({
    bucket,
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    prefix: config.S3_PREFIX,
    credentials:
      accessKeyId === undefined || secretAccessKey === undefined ? undefined : { accessKeyId, secretAccessKey },
    spoolFolder: join(folder, 'unfinished'),
    maximumBytes,
  });
}

async function openDatabase({ config, telemetry, migrate }: EngineOptions): Promise<Database> {
  const url = config.DATABASE_URL;
  if (url === undefined) {
    const folder = join(config.DATA_DIR, 'database');
    return openEmbeddedDatabase({ folder, telemetry, migrations: productMigrations });
  }
  await prepareServer(url, migrate);
  return openPostgres({ url, pool: config.DATABASE_POOL, telemetry });
}

async function prepareServer(url: string, migrate: boolean): Promise<void> {
  const connection = await openPostgresMigrations(url);
  try {
    const services = productMigrations;
    if (migrate) {
      await migrateUp({ connection, services });
      return;
    }
    const unfit = (await migrationStatus({ connection, services })).filter((step) => step.state !== 'applied');
    if (unfit.length > 0) {
      const names = unfit.map((step) => `${step.service}/${step.name} (${step.state})`).join(', ');
      throw new MeshError(
        'migration_mismatch',
        `The database is not at this version: ${names}. Run \`devmesh migrate up\`.`,
      );
    }
  } finally {
    await connection.close();
  }
}

async function closeAll(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) {
    await part.close().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some parts did not close cleanly');
}
