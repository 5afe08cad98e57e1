import { capture } from '../command.mjs';
import { installedPgvector } from '../install/pgvector-version.mjs';
import { POSTGRES_PROGRAMS } from '../settings.mjs';

const TARGET = ['--host', '127.0.0.1', '--username', 'postgres'];

/** Runs an SQL script as the superuser; stops at the first error. Returns exit code and output. */
export function query(port, database, sql) {
  const style = ['--no-psqlrc', '--quiet', '--tuples-only', '--no-align', '--set', 'ON_ERROR_STOP=1'];
  const target = [...TARGET, '--port', `${port}`, '--dbname', database];
  return capture([`${POSTGRES_PROGRAMS}/psql`, ...style, ...target], { input: sql });
}

/** Whether a PostgreSQL on `port` accepts connections. */
export async function answers(port) {
  const { code } = await capture([`${POSTGRES_PROGRAMS}/pg_isready`, ...TARGET, '--port', `${port}`]);
  return code === 0;
}

/** Its versions, its port, and whether it answers. */
export async function describe(port, log) {
  const { code, stdout } = await query(port, 'postgres', 'show server_version');
  return {
    answers: code === 0,
    port,
    version: code === 0 ? stdout : null,
    pgvector: installedPgvector() ?? null,
    log,
  };
}
