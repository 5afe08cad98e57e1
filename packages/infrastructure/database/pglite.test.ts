import { threadId } from 'node:worker_threads';
import { silentTelemetry } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseContract } from './contract.ts';
import { openEmbeddedDatabase } from './embedded.ts';
import type { PgliteDatabase } from './pglite.ts';
import { startPglite } from './pglite-thread.ts';
import { productMigrations } from './product-migrations.ts';

databaseContract('PGlite', async () => {
  const database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
  return {
    database,
    migrationConnection: () => database.migrationConnection(),
    close: () => database.close(),
  };
});

const tenant = '0197a1de-0000-7000-8000-000000000001';

describe('PGlite in its thread', () => {
  let database: PgliteDatabase;
  beforeAll(async () => {
    const options = { telemetry: silentTelemetry, migrations: productMigrations, waitMilliseconds: 200 };
    database = await openEmbeddedDatabase(options);
  });
  afterAll(() => database.close());

  test('computes outside the main thread', async () => {
    expect(database.threadId).toBeGreaterThan(0);
    expect(database.threadId).not.toBe(threadId);
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 5);
    await database.tenant(tenant, (tx) => sql`select sum(sqrt(n)) from generate_series(1, 1000000) n`.execute(tx));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(3);
  });

  test('lets a transaction wait for the connection only so long, then says unavailable', async () => {
    const gate = new EventTarget();
    const holder = database.tenant(tenant, async () => {
      await new Promise((resolve) => {
        gate.addEventListener('open', resolve, { once: true });
      });
    });
    const late = database.tenant(tenant, (tx) => sql`select 1`.execute(tx));
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    gate.dispatchEvent(new Event('open'));
    await holder;
    await expect(database.ping()).resolves.toBeUndefined();
  });

  test('reclaims the room of deleted rows and counts anew, one table after the other, when asked to', async () => {
    const connection = await database.migrationConnection();
    await connection.script(`
      create table mcp.busy (tenant_id uuid not null, n bigint not null);
      create table mcp.quiet (tenant_id uuid not null, n bigint not null);
      insert into mcp.busy select '${tenant}', n from generate_series(1, 20000) as n;
      insert into mcp.quiet select '${tenant}', n from generate_series(1, 100) as n;
      delete from mcp.busy where n > 10;`);
    await connection.close();
    const tidied = await database.tidy(new AbortController().signal);
    expect(tidied).toContain('mcp.busy');
    expect(tidied).not.toContain('mcp.quiet');
    const after = await database.migrationConnection();
    const [room] = await after.query<{ bytes: number; rows: number }>(
      `select pg_relation_size('mcp.busy') as bytes, reltuples as rows from pg_class where oid = 'mcp.busy'::regclass`,
    );
    await after.script('drop table mcp.busy, mcp.quiet');
    await after.close();
    expect(room).toEqual({ bytes: 8_192, rows: 10 });
    expect(await database.tidy(new AbortController().signal)).toEqual([]);
  });

  test('tidies nothing more once it is told to stop', async () => {
    const connection = await database.migrationConnection();
    await connection.script(`
      create table mcp.stopped as select n from generate_series(1, 20000) as n;
      delete from mcp.stopped`);
    await connection.close();
    expect(await database.tidy(AbortSignal.abort())).toEqual([]);
    expect(await database.tidy(new AbortController().signal)).toContain('mcp.stopped');
  });

  test('after the thread has died, what was asked and what is asked later is unavailable', async () => {
    const deaths: unknown[] = [];
    const doomed = await startPglite({
      folder: undefined,
      snapshot: await database.dump(),
      onNotification: () => undefined,
      onDeath: (reason) => deaths.push(reason),
    });
    const asked = doomed.query('select sum(sqrt(n)) from generate_series(1, 1000000000) n', []);
    await Promise.all([expect(asked).rejects.toMatchObject({ code: 'unavailable' }), doomed.terminate()]);
    await expect(doomed.script('select 1')).rejects.toMatchObject({ code: 'unavailable' });
    expect(deaths).toHaveLength(1);
    await expect(doomed.close()).resolves.toBeUndefined();
  });
});
