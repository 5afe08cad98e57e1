import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '@devmesh/foundation';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LockPatience } from './migration-transaction.ts';
import { migrateDown, migrateUp } from './migrate.ts';
import type { MigrationService } from './migration-files.ts';
import type { MigrationConnection } from './port.ts';
import { openPostgresMigrations } from './postgres.ts';

const serverUrl = process.env['DATABASE_URL'] ?? '';
const locked = { code: '55P03', message: 'canceling statement due to lock timeout' };

describe.skipIf(serverUrl === '')('migrating a PostgreSQL that works (skipped without DATABASE_URL)', () => {
  let database: string;
  let folder: string;
  let services: readonly MigrationService[];
  const opened: MigrationConnection[] = [];

  const connect = async (): Promise<MigrationConnection> => {
    const url = new URL(serverUrl);
    url.pathname = `/${database}`;
    const connection = await openPostgresMigrations(url.href);
    opened.push(connection);
    return connection;
  };
  const onServer = async (statement: string): Promise<void> => {
    const server = await openPostgresMigrations(serverUrl);
    await server.script(statement);
    await server.close();
  };

  beforeEach(async () => {
    database = `devmesh_locks_${newId().replaceAll('-', '')}`;
    await onServer(`create database ${database}`);
    folder = await mkdtemp(join(tmpdir(), 'devmesh-locks-'));
    services = [await writeMigration(folder)];
    const connection = await connect();
    await connection.script('create table public.busy (id integer); insert into public.busy values (1)');
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((connection) => connection.close()));
    await onServer(`drop database if exists ${database} with (force)`);
    await rm(folder, { recursive: true });
  });

  /** Up in the background, while a reader holds the table that it changes. */
  const upWhileRead = async (locks: LockPatience) => {
    const reader = await connect();
    await reader.script('begin; select * from public.busy');
    const migrating = migrateUp({ connection: await connect(), services, locks });
    return { reader, migrating };
  };
  const waiting = async (observer: MigrationConnection): Promise<boolean> => {
    const rows = await observer.query(
      `select 1 from pg_locks where not granted and relation = 'public.busy'::regclass`,
    );
    return rows.length > 0;
  };

  test('lets others through while it waits for a lock, and goes on when it is free [migrations.under-load]', async () => {
    const { reader, migrating } = await upWhileRead({ tryMilliseconds: 200 });
    const other = await connect();
    await expect.poll(() => waiting(reader), { interval: 5 }).toBe(true);
    // Behind a migration that waits without a limit it would be cancelled.
    await other.script(`set statement_timeout = '20s'`);
    expect(await other.query('select id from public.busy')).toEqual([{ id: 1 }]);
    await reader.script('commit');
    expect(await migrating).toMatchObject([{ name: 'wider', state: 'applied' }]);
    expect(await other.query('select id, more from public.busy')).toEqual([{ id: 1, more: 0 }]);
    await migrateDown({ connection: other, services, target: { steps: 1 } });
    expect(await other.query('select * from public.busy')).toEqual([{ id: 1 }]);
  });

  test('gives up in one sentence when the lock is never free, and has changed nothing', async () => {
    const { reader, migrating } = await upWhileRead({ tryMilliseconds: 20, patienceMilliseconds: 100 });
    await expect(migrating).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^migrations\/busy\/0001_wider\.up\.sql was rolled back: .+ Run it again\.$/u),
      cause: expect.objectContaining(locked),
    });
    expect(await reader.query('select * from public.busy')).toEqual([{ id: 1 }]);
  });
});

async function writeMigration(folder: string): Promise<MigrationService> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '0001_wider.up.sql'), 'alter table public.busy add column more integer default 0;');
  await writeFile(join(folder, '0001_wider.down.sql'), 'alter table public.busy drop column more;');
  return { name: 'busy', folder };
}
