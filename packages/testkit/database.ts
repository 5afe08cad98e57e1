import { silentTelemetry } from '@devmesh/foundation';
import { openEmbeddedDatabase, openPostgres, productMigrations, type Database } from '@devmesh/infrastructure';
import { cloneMigratedDatabase } from './postgres-template.ts';

/**
 * A migrated database of its own without any rows; close it after the tests. PGlite in memory, or, where DATABASE_URL is
 * set, a new database of that PostgreSQL server which is dropped on close: the same tests prove both engines.
 */
export async function openTestDatabase(): Promise<Database> {
  const url = process.env['DATABASE_URL'] ?? '';
  if (url === '') return openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
  const clone = await cloneMigratedDatabase(url);
  const database = openPostgres({ url: clone.url, pool: 5, telemetry: silentTelemetry });
  return {
    ...database,
    close: async () => {
      await database.close();
      await clone.drop();
    },
  };
}
