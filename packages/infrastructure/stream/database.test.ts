import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabaseBell } from '../bell/database.ts';
import type { Bell } from '../bell/port.ts';
import { openEmbeddedDatabase } from '../database/embedded.ts';
import type { Database } from '../database/port.ts';
import { productMigrations } from '../database/product-migrations.ts';
import { apartContract } from './contract-apart.ts';
import { streamContract } from './contract.ts';
import { openDatabaseStream } from './database.ts';
import type { Stream } from './port.ts';

const { log } = silentTelemetry;
const deafBell: Bell = {
  ring: () => Promise.resolve(),
  listen: () => Promise.reject(new Error('the bell is broken')),
  close: () => Promise.resolve(),
};

describe('a stream in the embedded database', () => {
  suite(() => openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations }));
});

describe.skipIf((process.env['DATABASE_URL'] ?? '') === '')(
  'a stream in PostgreSQL (skipped without DATABASE_URL)',
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

  streamContract(() =>
    Promise.resolve(openDatabaseStream({ database, bell: openDatabaseBell({ database, log }), log })),
  );

  const openWith = (bell: Bell): Stream => openDatabaseStream({ database, bell, log });

  test('a reader is woken by what another process appended, and finds it by itself when the bell is broken', async () => {
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    for (const bell of [openDatabaseBell({ database, log }), deafBell]) {
      const [here, there] = [openWith(bell), openWith(bell)];
      const reader = { topic: `two-${randomUUID().slice(0, 8)}`, group: 'group', consumer: 'consumer' };
      const waiting = here.read(reader, { count: 1, waitMilliseconds: 25_000 });
      await there.append(reader.topic, [entry]);
      expect(await waiting).toMatchObject([{ subjectId: 'a' }]);
      await Promise.all([here.close(), there.close()]);
    }
  });

  test('a tenant can neither see the entries of another nor write its own', async () => {
    const stream = openWith(deafBell);
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await stream.append('isolation', [
      { tenantId: mine, kind: 'test', subjectId: 'mine' },
      { tenantId: theirs, kind: 'test', subjectId: 'theirs' },
    ]);
    const seen = await database.tenant(mine, (tx) =>
      sql<{ subject_id: string }>`select subject_id from mcp.stream_entries`.execute(tx),
    );
    expect(seen.rows).toEqual([{ subject_id: 'mine' }]);
    const written = database.tenant(mine, (tx) => sql`delete from mcp.stream_entries`.execute(tx));
    await expect(written).rejects.toThrow('permission denied');
    const other = database.system('health', (tx) => sql`select * from mcp.stream_entries`.execute(tx));
    expect((await other).rows).toEqual([]);
  });

  apartContract(
    () => openWith(deafBell),
    (hours) =>
      database.system('stream', (tx) =>
        sql`update mcp.stream_deliveries set held_at = held_at - ${`${String(hours)} hours`}::interval
          where topic = 'apart'`.execute(tx),
      ),
  );

  test('an append is all or nothing', async () => {
    const stream = openWith(deafBell);
    const good = { tenantId: randomUUID(), kind: 'test', subjectId: 'good' };
    await expect(stream.append('atomic', [good, { ...good, tenantId: 'no uuid' }])).rejects.toThrow(
      'invalid input syntax for type uuid',
    );
    expect(await stream.backlog('atomic', 'group')).toEqual({ waiting: 0, held: 0 });
  });
}
