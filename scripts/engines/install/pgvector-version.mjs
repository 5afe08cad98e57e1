import { readFileSync } from 'node:fs';
import { POSTGRES_VERSION } from '../settings.mjs';

/** The oldest pgvector that the platform supports. */
export const PGVECTOR_MINIMUM = '0.8.0';

const CONTROL = `/usr/share/postgresql/${POSTGRES_VERSION}/extension/vector.control`;

/** The version of pgvector that is installed for our PostgreSQL, or undefined. */
export function installedPgvector() {
  try {
    return /^default_version\s*=\s*'(.*)'/m.exec(readFileSync(CONTROL, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}

/** Whether the installed pgvector is recent enough. */
export function hasPgvector() {
  const version = installedPgvector();
  return version !== undefined && compare(version, PGVECTOR_MINIMUM) >= 0;
}

function compare(left, right) {
  return left.localeCompare(right, 'en', { numeric: true });
}
