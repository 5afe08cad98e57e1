import { silentTelemetry } from '@devmesh/foundation';
import {
  openEmbeddedDatabase,
  openPostgres,
  openPostgresMigrations,
  productMigrations,
  type Database,
  type MigrationConnection,
} from '@devmesh/infrastructure';
import { openTestEngines } from '@devmesh/testkit';

/** A migrated database without rows, to do anything to: as the platform opens it, and as its owner sees it. */
export interface BlankDatabase {
  readonly engine: 'PostgreSQL' | 'PGlite';
  /** Four connections where the engine has them. */
  readonly database: Database;
  /** Only while no transaction of `database` is open. */
  readonly owner: () => Promise<MigrationConnection>;
  close(): Promise<void>;
}

/** On the server of DATABASE_URL, else embedded and in memory. */
export async function openBlankDatabase(): Promise<BlankDatabase> {
  const engines = await openTestEngines();
  const url = engines.variables['DATABASE_URL'];
  if (url === undefined) return openEmbedded();
  const database = openPostgres({ url, pool: 4, telemetry: silentTelemetry, statementMilliseconds: 5_000 });
  return {
    engine: 'PostgreSQL',
    database,
    owner: () => openPostgresMigrations(url),
    close: async () => {
      await database.close();
      await engines.drop();
    },
  };
}

/** Embedded, also where a server is configured. */
export async function openEmbedded(): Promise<BlankDatabase> {
  const database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
  return {
    engine: 'PGlite',
    database,
    owner: () => database.migrationConnection(),
    close: () => database.close(),
  };
}
