import { silentTelemetry } from '@devmesh/foundation';
import { openTestDatabase } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedDatabase } from '../database/embedded.ts';
import type { Database } from '../database/port.ts';
import { productMigrations } from '../database/product-migrations.ts';
import { bellContract } from './contract.ts';
import { openDatabaseBell } from './database.ts';

describe('a bell on the embedded database', () => {
  suite(() => openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations }));
});

describe.skipIf((process.env['DATABASE_URL'] ?? '') === '')(
  'a bell on PostgreSQL (skipped without DATABASE_URL)',
  () => {
    suite(openTestDatabase);
  },
);

function suite(open: () => Promise<Database>): void {
  let database: Database;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  bellContract(() => Promise.resolve(openDatabaseBell({ database, log: silentTelemetry.log })));

  test('a ring that the database refuses is logged, not thrown', async () => {
    const logged: unknown[] = [];
    const log = { ...silentTelemetry.log, error: (_message: string, error: unknown) => logged.push(error) };
    const bell = openDatabaseBell({ database, log });
    await bell.ring('NOT A PLAIN CHANNEL', 'payload');
    expect(logged).toHaveLength(1);
  });
}
