import { join } from 'node:path';
import { execute } from '../command.mjs';
import { Failure } from '../progress.mjs';
import { POSTGRES_PROGRAMS } from '../settings.mjs';
import { hasPgvector, installedPgvector, PGVECTOR_MINIMUM } from './pgvector-version.mjs';

/** Builds pgvector for our PostgreSQL and installs it; without this processor's special instructions. */
export async function buildPgvector(source, folder) {
  const log = join(folder, 'pgvector.log');
  const make = ['make', `PG_CONFIG=${POSTGRES_PROGRAMS}/pg_config`, 'OPTFLAGS=', 'with_llvm=no'];
  await execute('build pgvector', make, { log, cwd: source });
  await execute('install pgvector', [...make, 'install'], { log, cwd: source });
  if (hasPgvector()) return;
  throw new Failure(
    `Debian's source gave pgvector ${installedPgvector()}, but ${PGVECTOR_MINIMUM} is needed; see ${log}.`,
  );
}
