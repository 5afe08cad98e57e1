import { existsSync, writeFileSync } from 'node:fs';
import { Failure } from '../progress.mjs';
import { APPLICATION } from '../settings.mjs';
import { postgresFiles } from './data-folder.mjs';
import { query } from './query.mjs';

/** Every new database gets these, since creating one copies template1; only a superuser may install vector. */
const EXTENSIONS = `
create extension if not exists vector;
create extension if not exists pg_trgm;
create extension if not exists pgcrypto;
`;

/** The application's role: it may make roles and databases, and row-level security binds it. */
const ROLE_AND_DATABASE = `
select 'create role ${APPLICATION} login password ''${APPLICATION}'' nosuperuser createrole createdb nobypassrls'
  where not exists (select from pg_roles where rolname = '${APPLICATION}') \\gexec
-- To drop a database with force, it must be able to end the workers of autovacuum in it.
grant pg_signal_backend to ${APPLICATION};
select 'create database ${APPLICATION} owner ${APPLICATION}'
  where not exists (select from pg_database where datname = '${APPLICATION}') \\gexec
`;

/** Gives a new server its extensions, the application's role and its database; once. */
export async function prepareDatabases(folder, port) {
  const { prepared, log } = postgresFiles(folder);
  if (existsSync(prepared)) return;
  await run('install the extensions', { port, log, database: 'template1' }, EXTENSIONS);
  await run('create the role and the database', { port, log, database: 'postgres' }, ROLE_AND_DATABASE);
  writeFileSync(prepared, '');
}

async function run(purpose, { port, log, database }, sql) {
  const { code, stderr } = await query(port, database, sql);
  if (code === 0) return;
  throw new Failure(`Could not ${purpose} (${stderr.split('\n')[0]}); see ${log}.`);
}
