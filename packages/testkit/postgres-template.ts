import { randomUUID } from 'node:crypto';
import {
  errorCodeOf,
  hashMigrations,
  migrateUp,
  openPostgresMigrations,
  productMigrations,
  type MigrationConnection,
} from '@devmesh/infrastructure';

/** A new database of a PostgreSQL server. */
export interface ClonedDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** One lock for making and copying templates, so that none is removed or half-built while another process copies it. */
const templateLock = 727_100_102;
const templatePrefix = 'devmesh_template_';
const objectInUse = '55006';

/** Copies the migrated template of the present migrations, which is built first where it does not exist. */
export async function cloneMigratedDatabase(serverUrl: string): Promise<ClonedDatabase> {
  const template = `${templatePrefix}${(await hashMigrations(productMigrations)).slice(0, 16)}`;
  const name = `devmesh_test_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, async (server) => {
    await server.query('select pg_advisory_lock($1)', [templateLock]);
    if (!(await exists(server, template))) await build(serverUrl, server, template);
    await server.script(`create database ${name} template ${template}`);
  });
  return {
    url: withDatabase(serverUrl, name),
    drop: () => onServer(serverUrl, (server) => dropDatabase(server, name)),
  };
}

async function build(serverUrl: string, server: MigrationConnection, template: string): Promise<void> {
  await removeTemplates(server);
  // A draft until it is complete: a run that was cut short leaves no template that looks whole.
  const draft = `${template}_draft`;
  await server.script(`create database ${draft}`);
  const connection = await openPostgresMigrations(withDatabase(serverUrl, draft));
  try {
    await migrateUp({ connection, services: productMigrations });
  } finally {
    await connection.close();
  }
  await server.script(`alter database ${draft} rename to ${template}`);
}

async function removeTemplates(server: MigrationConnection): Promise<void> {
  const outdated = await server.query<{ datname: string }>(
    'select datname from pg_database where starts_with(datname, $1)',
    [templatePrefix],
  );
  for (const { datname } of outdated) await dropDatabase(server, datname);
}

/** Drops without force first: force may not end a worker of autovacuum, which the plain way sends off by itself. */
async function dropDatabase(server: MigrationConnection, database: string): Promise<void> {
  try {
    await server.script(`drop database if exists ${database}`);
  } catch (error) {
    if (errorCodeOf(error) !== objectInUse) throw error;
    await server.script(`drop database if exists ${database} with (force)`);
  }
}

async function exists(server: MigrationConnection, database: string): Promise<boolean> {
  const rows = await server.query('select from pg_database where datname = $1', [database]);
  return rows.length > 0;
}

async function onServer(url: string, work: (server: MigrationConnection) => Promise<void>): Promise<void> {
  const server = await openPostgresMigrations(url);
  try {
    await work(server);
  } finally {
    await server.close();
  }
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}
