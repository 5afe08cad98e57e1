import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { migrateDown, migrateUp, migrationStatus } from './migrate.ts';
import type { MigrationService } from './migration-files.ts';
import { openPglite, type PgliteDatabase } from './pglite.ts';
import type { MigrationConnection } from './port.ts';
import { openPostgresMigrations } from './postgres.ts';
import { productMigrations } from './product-migrations.ts';

interface Engine {
  connect(): Promise<MigrationConnection>;
  close(): Promise<void>;
}

const serverUrl = process.env['DATABASE_URL'] ?? '';

async function openPgliteEngine(): Promise<Engine> {
  const database: PgliteDatabase = await openPglite({ telemetry: silentTelemetry });
  return { connect: () => database.migrationConnection(), close: () => database.close() };
}

async function openPostgresEngine(): Promise<Engine> {
  const name = `devmesh_own_${randomUUID().replaceAll('-', '')}`;
  const onServer = async (statement: string): Promise<void> => {
    const server = await openPostgresMigrations(serverUrl);
    await server.script(statement);
    await server.close();
  };
  await onServer(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    connect: () => openPostgresMigrations(url.href),
    close: () => onServer(`drop database if exists ${name} with (force)`),
  };
}

describe('on PGlite', () => {
  migrationContract(openPgliteEngine);
});
describe.skipIf(serverUrl === '')('on PostgreSQL (runs where DATABASE_URL is set)', () => {
  migrationContract(openPostgresEngine);
});

// Everything in the catalog that a migration can make, in a stable order.
const schema = `
  select 'column ' || table_schema || '.' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
    || ' ' || coalesce(column_default, '') as line
  from information_schema.columns where table_schema in ('mcp', 'trial')
  union all select 'index ' || indexdef from pg_indexes where schemaname in ('mcp', 'trial')
  union all select 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
  from pg_constraint where connamespace::regnamespace::text in ('mcp', 'trial')
  union all select 'policy ' || tablename || ' ' || policyname || ' ' || roles::text || cmd || coalesce(qual, '')
    || coalesce(with_check, '') from pg_policies where schemaname = 'mcp'
  union all select 'table ' || relname || ' ' || relrowsecurity || relforcerowsecurity || coalesce(relacl::text, '')
  from pg_class where relnamespace::regnamespace::text in ('mcp', 'trial') and relkind <> 'i'
  union all select 'routine ' || proname || ' ' || md5(prosrc) || coalesce(proacl::text, '')
  from pg_proc where pronamespace::regnamespace::text in ('mcp', 'trial')
  union all select 'schema ' || nspname || ' ' || coalesce(nspacl::text, '') from pg_namespace where nspname in ('mcp', 'trial')
  order by 1`;

async function describeSchema(connection: MigrationConnection): Promise<readonly string[]> {
  const rows = await connection.query<{ line: string }>(schema);
  return rows.map(({ line }) => line);
}

function migrationContract(open: () => Promise<Engine>): void {
  let engine: Engine;
  let connection: MigrationConnection;
  let folder: string;
  let services: readonly MigrationService[];
  beforeAll(async () => {
    engine = await open();
  });
  afterAll(() => engine.close());
  beforeEach(async () => {
    connection = await engine.connect();
    await connection.script('drop schema if exists trial cascade; drop schema if exists devmesh_meta cascade;');
    folder = await mkdtemp(join(tmpdir(), 'devmesh-migrations-'));
    services = await writeTrial(folder);
  });
  afterEach(async () => {
    await connection.close();
    await rm(folder, { recursive: true });
  });

  const states = async (): Promise<readonly string[]> => {
    const all = await migrationStatus({ connection, services });
    return all.map(({ service, number, state }) => `${service} ${String(number)} ${state}`);
  };

  test('up applies everything in order, and applies nothing twice', async () => {
    expect(await states()).toEqual(['one 1 pending', 'one 3 pending', 'two 1 pending']);
    const applied = await migrateUp({ connection, services });
    expect(applied.map(({ service, name }) => `${service} ${name}`)).toEqual(['one first', 'one third', 'two other']);
    expect(await migrateUp({ connection, services })).toEqual([]);
    expect(await states()).toEqual(['one 1 applied', 'one 3 applied', 'two 1 applied']);
  });

  test('down undoes the latest steps, or one service down to a number', async () => {
    await migrateUp({ connection, services });
    await migrateDown({ connection, services, target: { steps: 1 } });
    expect(await states()).toEqual(['one 1 applied', 'one 3 applied', 'two 1 pending']);
    await migrateDown({ connection, services, target: { service: 'one', to: 1 } });
    expect(await states()).toEqual(['one 1 applied', 'one 3 pending', 'two 1 pending']);
    await migrateDown({ connection, services, target: { steps: 10 } });
    expect(await describeSchema(connection)).toEqual([]);
  });

  test('up, down and up again of the whole product leave an identical schema [migrations.up-down]', async () => {
    await migrateUp({ connection, services: productMigrations });
    const before = await describeSchema(connection);
    expect(before.length).toBeGreaterThan(3);
    await migrateDown({ connection, services: productMigrations, target: { steps: 1_000 } });
    expect(await describeSchema(connection)).toEqual([]);
    await migrateUp({ connection, services: productMigrations });
    expect(await describeSchema(connection)).toEqual(before);
    await migrateDown({ connection, services: productMigrations, target: { steps: 1_000 } });
  });

  test('a changed file is refused by name, before anything is applied [migrations.refuse-changed]', async () => {
    await migrateUp({ connection, services });
    await migrateDown({ connection, services, target: { steps: 1 } });
    await writeFile(join(folder, 'one', '0001_first.up.sql'), 'create schema trial; -- changed');
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain(
      'migrations/one/0001_first.up.sql was changed',
    );
    expect(await mismatchOf(migrateDown({ connection, services, target: { steps: 1 } }))).toContain(
      'migrations/one/0001_first.up.sql was changed',
    );
    expect(await states()).toEqual(['one 1 changed', 'one 3 applied', 'two 1 pending']);
  });

  test('a database that is newer than the files is refused by name [migrations.refuse-changed]', async () => {
    await migrateUp({ connection, services });
    await rm(join(folder, 'one', '0003_third.up.sql'));
    await rm(join(folder, 'one', '0003_third.down.sql'));
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain(
      'migrations/one/0003_third.up.sql was applied',
    );
    expect(await states()).toEqual(['one 1 applied', 'one 3 missing', 'two 1 applied']);
  });

  test('a file whose number comes before an applied one is refused by name [migrations.refuse-changed]', async () => {
    await migrateUp({ connection, services });
    await writePair(join(folder, 'one'), '0002_late', 'select 1', 'select 1');
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain(
      'migrations/one/0002_late.up.sql comes before',
    );
  });

  test('half a pair, a misnamed file and a number used twice are refused by name', async () => {
    const one = join(folder, 'one');
    await writeFile(join(one, '0004_half.up.sql'), 'select 1');
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain(
      'migrations/one/0004_half.up.sql has no .down.sql',
    );
    await rm(join(one, '0004_half.up.sql'));
    await writeFile(join(one, '4-wrong.sql'), 'select 1');
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain('migrations/one/4-wrong.sql is not named');
    await rm(join(one, '4-wrong.sql'));
    await writePair(one, '0003_twin', 'select 1', 'select 1');
    expect(await mismatchOf(migrateUp({ connection, services }))).toContain(
      'migrations/one/0003_twin.up.sql has a number',
    );
  });

  test('a migration that fails leaves nothing behind and stops the run', async () => {
    await writePair(join(folder, 'one'), '0004_broken', 'create table trial.half (id int); select 1 / 0;', 'select 1');
    const attempt = migrateUp({ connection, services });
    await expect(attempt).rejects.toMatchObject({ code: 'internal' });
    await expect(attempt).rejects.toThrow(/one\/0004_broken\.up\.sql failed.*division by zero/u);
    expect(await states()).toEqual(['one 1 applied', 'one 3 applied', 'one 4 pending', 'two 1 pending']);
    expect((await describeSchema(connection)).join('\n')).not.toContain('half');
  });

  test('concurrent runs wait for each other, and one of them applies everything [migrations.one-at-a-time]', async () => {
    await connection.close();
    const runs = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const own = await engine.connect();
        try {
          return await migrateUp({ connection: own, services });
        } finally {
          await own.close();
        }
      }),
    );
    expect(runs.map((applied) => applied.length).toSorted((one, other) => one - other)).toEqual([0, 0, 3]);
    connection = await engine.connect();
  });
}

async function mismatchOf(attempt: Promise<unknown>): Promise<string> {
  const failure: unknown = await attempt.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ code: 'migration_mismatch' });
  return (failure as Error).message;
}

async function writePair(folder: string, name: string, up: string, down: string): Promise<void> {
  await writeFile(join(folder, `${name}.up.sql`), up);
  await writeFile(join(folder, `${name}.down.sql`), down);
}

async function writeTrial(folder: string): Promise<readonly MigrationService[]> {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  for (const service of [one, two]) await mkdir(service);
  await writePair(one, '0001_first', 'create schema trial;', 'drop schema trial;');
  await writePair(one, '0003_third', 'create table trial.a (id int primary key);', 'drop table trial.a;');
  await writePair(two, '0001_other', 'create table trial.b (id int references trial.a);', 'drop table trial.b;');
  expect(await readdir(one)).toHaveLength(4);
  return [
    { name: 'one', folder: one },
    { name: 'two', folder: two },
  ];
}
