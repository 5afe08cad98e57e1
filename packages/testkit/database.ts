import { fileURLToPath } from 'node:url';
import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, type Database, type MigrationService } from '@devmesh/infrastructure';

const folder = (name: string): string => fileURLToPath(new URL(`../../migrations/${name}`, import.meta.url));

/** All migrations of the product, in order. */
export const allMigrations: readonly MigrationService[] = [
  { name: 'core', folder: folder('core') },
  { name: 'rag', folder: folder('rag') },
];

/** An empty, migrated database of its own: PGlite in memory. Close it after the tests. */
export async function openTestDatabase(): Promise<Database> {
  return openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: allMigrations });
}
