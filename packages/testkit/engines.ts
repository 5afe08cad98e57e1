import { newId } from '@devmesh/foundation';
import { newMasterKeys } from './master-keys.ts';
import { cloneMigratedDatabase } from './postgres-template.ts';

/** The variables that give a whole mesh engines of its own. */
export interface TestEngines {
  readonly variables: Readonly<Record<string, string>>;
  drop(): Promise<void>;
}

/** Engines for one mesh: a new database and a prefix of its own in Redis where they are configured, else the embedded default. */
export async function openTestEngines(): Promise<TestEngines> {
  const prefix = { REDIS_PREFIX: `test-${newId()}:` };
  const url = process.env['DATABASE_URL'] ?? '';
  if (url === '') return { variables: prefix, drop: () => Promise.resolve() };
  const clone = await cloneMigratedDatabase(url);
  const MASTER_KEY = newMasterKeys().current().key.open();
  return { variables: { ...prefix, DATABASE_URL: clone.url, MASTER_KEY }, drop: () => clone.drop() };
}
