import { appendFileSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../command.mjs';
import { POSTGRES_PROGRAMS } from '../settings.mjs';

/** Where PostgreSQL's things are inside its folder. */
export function postgresFiles(folder) {
  return {
    data: join(folder, 'data'),
    configuration: join(folder, 'devmesh.conf'),
    lockFile: join(folder, 'data', 'postmaster.pid'),
    prepared: join(folder, 'prepared.2'),
    log: join(folder, 'server.log'),
  };
}

/** Creates the data folder where there is none; complete or not at all, so that a broken attempt is repeated. */
export async function createDataFolder(folder, user) {
  const { data, configuration, log } = postgresFiles(folder);
  if (existsSync(data)) return;
  const draft = join(folder, 'draft');
  rmSync(draft, { recursive: true, force: true });
  const encoding = ['--encoding', 'UTF8', '--locale', 'C.UTF-8', '--username', 'postgres'];
  const command = [`${POSTGRES_PROGRAMS}/initdb`, '--pgdata', draft, ...encoding];
  await execute("create PostgreSQL's data folder", command, { log, user });
  appendFileSync(join(draft, 'postgresql.conf'), `\ninclude '${configuration}'\n`);
  writeFileSync(join(draft, 'pg_hba.conf'), ACCESS);
  renameSync(draft, data);
}

/** Writes our settings, before each start: the port may have changed. */
export function writeConfiguration(folder, port) {
  writeFileSync(postgresFiles(folder).configuration, settings(port), { mode: 0o644 });
}

/** The throw-away superuser needs no password; everybody else is checked as in production. */
const ACCESS = `
host all postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`;

/**
 * fsync stays on: crash tests rely on it. pgvector 0.8.0 has a fault in parallel HNSW builds, so
 * maintenance is not parallel.
 */
const settings = (port) => `
port = ${port}
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
fsync = on
max_parallel_maintenance_workers = 0
log_line_prefix = '%m [%p] %q%u@%d '
`;
