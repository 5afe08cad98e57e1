import { existsSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Telemetry } from '@devmesh/foundation';
import { translateFailure } from './failures.ts';
import { lockFolder, type FolderLock } from './folder-lock.ts';
import { migrateUp } from './migrate.ts';
import type { MigrationService } from './migration-files.ts';
import { openPglite, type PgliteDatabase } from './pglite.ts';
import { requireRoom } from './disk-room.ts';
import { defaultSnapshotFolder, openSnapshotCache, type SnapshotCache } from './snapshot.ts';

export interface EmbeddedOptions {
  /** The folder of the embedded database; absent for one in memory. */
  readonly folder?: string | undefined;
  readonly telemetry: Telemetry;
  /** Applied when opening, in this order. */
  readonly migrations: readonly MigrationService[];
  /** Where migrated snapshots are kept. Default: `node_modules/.cache/devmesh`; null keeps none. */
  readonly snapshotFolder?: string | null;
  /** Milliseconds a transaction waits for the one connection. Default 10,000. */
  readonly waitMilliseconds?: number;
}

/**
 * Opens the embedded database, migrated. A folder is locked for this process (`folder_in_use` otherwise); an empty one
 * is filled from a snapshot where there is one, and a filling that was cut short is begun anew.
 */
export async function openEmbeddedDatabase(options: EmbeddedOptions): Promise<PgliteDatabase> {
  if (options.folder === undefined) return create(options, undefined);
  const lock = await takeLock(options.folder);
  try {
    const { folder } = options;
    const database = await openFolder(options, folder);
    return {
      ...database,
      ping: async () => {
        await database.ping();
        await requireRoom(folder);
      },
      close: () => closeBoth(database, lock),
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function takeLock(folder: string): Promise<FolderLock> {
  try {
    return await lockFolder(folder);
  } catch (error) {
    throw translateFailure(error);
  }
}

async function closeBoth(database: PgliteDatabase, lock: FolderLock): Promise<void> {
  try {
    await database.close();
  } finally {
    await lock.release();
  }
}

async function openFolder(options: EmbeddedOptions, folder: string): Promise<PgliteDatabase> {
  const data = join(folder, 'pg');
  const unfinished = join(folder, 'pg.unfinished');
  if (existsSync(data) && !existsSync(unfinished)) {
    const database = await openPglite({ ...options, folder: data });
    await migrateOrClose(database, options.migrations);
    return database;
  }
  // The mark stands from before the first file until the data is complete; nothing was acknowledged in between.
  await (await open(unfinished, 'w')).close();
  await rm(data, { recursive: true, force: true });
  const database = await create(options, data);
  await rm(unfinished);
  return database;
}

async function create(options: EmbeddedOptions, data: string | undefined): Promise<PgliteDatabase> {
  const cache = await openCache(options);
  const snapshot = await cache?.read();
  const database = await openPglite({ ...options, folder: data, snapshot });
  await migrateOrClose(database, options.migrations);
  if (snapshot === undefined) await keep(database, cache, options.telemetry);
  return database;
}

async function openCache({ snapshotFolder, migrations }: EmbeddedOptions): Promise<SnapshotCache | undefined> {
  const folder = snapshotFolder === undefined ? defaultSnapshotFolder() : snapshotFolder;
  return folder === undefined || folder === null ? undefined : openSnapshotCache(folder, migrations);
}

async function keep(database: PgliteDatabase, cache: SnapshotCache | undefined, telemetry: Telemetry): Promise<void> {
  if (cache === undefined) return;
  try {
    await cache.write(await database.dump());
  } catch (error) {
    // A snapshot only saves time: where it cannot be kept (a read-only installation), the next start is as slow.
    telemetry.log.warn('the database snapshot could not be kept', { 'error.message': String(error) });
  }
}

async function migrateOrClose(database: PgliteDatabase, services: readonly MigrationService[]): Promise<void> {
  const connection = await database.migrationConnection();
  try {
    await migrateUp({ connection, services });
  } catch (error) {
    await database.close();
    throw error;
  } finally {
    await connection.close();
  }
}
