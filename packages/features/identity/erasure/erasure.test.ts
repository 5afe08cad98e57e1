import { newId, silentTelemetry } from '@devmesh/foundation';
import {
  openEmbeddedDatabase,
  productMigrations,
  type Database,
  type MigrationConnection,
  type PgliteDatabase,
} from '@devmesh/infrastructure';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createErase, createSweep, type ErasureOptions } from './erase.ts';
import { createOrganizationEraser, eraseAll } from './eraser.ts';
import { fillTables, forgetChecks, tenantTables } from './fill.fixture.ts';
import { removalOrder } from './order.ts';

const never = new AbortController().signal;

describe('the erasure of an organization', () => {
  let database: PgliteDatabase;
  let tables: readonly string[];
  beforeAll(async () => {
    database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
    await asOwner(forgetChecks);
    tables = await asOwner(tenantTables);
  });
  afterAll(() => database.close());

  /** As who owns the tables and sees every row; nobody else works on the database in the meantime. */
  async function asOwner<Result>(work: (connection: MigrationConnection) => Promise<Result>): Promise<Result> {
    const connection = await database.migrationConnection();
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }
  const query = <Row>(text: string, values: readonly unknown[]) =>
    asOwner((connection) => connection.query<Row>(text, values));

  const erased: string[] = [];
  const options: Omit<ErasureOptions, 'database'> = {
    vault: {
      shred: async (tx) => {
        await sql`delete from mcp.tenant_keys`.execute(tx);
      },
    },
    stores: [{ deleteTenant: (tenantId) => Promise.resolve(void erased.push(tenantId)) }],
    auditEnd: () => Promise.resolve(Buffer.alloc(32, 7)),
    batch: 2,
  };

  /** An organization with rows in every table that there is. */
  async function organization({ deleting }: { deleting: boolean }): Promise<string> {
    const id = newId();
    await query(
      `insert into mcp.organizations (id, slug, name, deleting_at, deletion_requested_by)
       values ($1, $2, 'Acme', case when $3 then now() end, case when $3 then 'user:x' end)`,
      [id, `org-${id.slice(-12)}`, deleting],
    );
    await asOwner(async (connection) => {
      for (const mark of [1, 2, 3]) await fillTables(connection, id, mark);
    });
    if (deleting) await query('delete from mcp.tombstones where tenant_id = $1', [id]);
    return id;
  }

  /** How many rows of a tenant each table has. */
  async function rowsOf(tenantId: string, among = tables): Promise<Record<string, number>> {
    const counts = among.map(
      (table) => `select '${table}' as name, count(*)::integer as count from mcp."${table}" where tenant_id = $1`,
    );
    const rows = await query<{ name: string; count: number }>(counts.join(' union all '), [tenantId]);
    return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
  }

  /** A database that fails for good after some transactions, as a process that is killed. */
  function dyingAfter(transactions: number): Database {
    let left = transactions;
    const count = <Result>(work: () => Promise<Result>): Promise<Result> => {
      left -= 1;
      return left < 0 ? Promise.reject(new Error('killed')) : work();
    };
    return {
      ...database,
      tenant: (tenantId, work) => count(() => database.tenant(tenantId, work)),
      system: (job, work) => count(() => database.system(job, work)),
    };
  }

  const nowhere = () => Object.fromEntries(tables.map((table) => [table, 0]));
  const empty = (rows: Record<string, number>) => Object.keys(rows).filter((table) => rows[table] === 0);

  it('leaves no row in any table but the tombstone, and its neighbour untouched [identity.deletion]', async () => {
    const [doomed, neighbour] = [await organization({ deleting: true }), await organization({ deleting: false })];
    const before = await rowsOf(neighbour);
    expect(tables.length).toBeGreaterThan(35);
    expect([empty(before), empty(await rowsOf(doomed))]).toEqual([[], ['tombstones']]);
    expect(await createErase({ ...options, database })(doomed, never)).toBe(true);
    expect(await rowsOf(doomed)).toEqual({ ...nowhere(), tombstones: 1 });
    expect(await rowsOf(neighbour)).toEqual(before);
    expect(await query('select id from mcp.organizations where id = any ($1)', [[doomed, neighbour]])).toEqual([
      { id: neighbour },
    ]);
    expect(erased).toContain(doomed);
    const [tombstone] = await query<{ requested_by: string; audit_end: Uint8Array }>(
      `select requested_by, audit_end, slug_hash = sha256(convert_to($2, 'UTF8')) as known
       from mcp.tombstones where tenant_id = $1`,
      [doomed, `${doomed} org-${doomed.slice(-12)}`],
    );
    expect(tombstone).toMatchObject({ requested_by: 'user:x', known: true });
    expect(Buffer.from(tombstone!.audit_end).equals(Buffer.alloc(32, 7))).toBe(true);
  });

  it('goes on where a killed process left off, wherever that was [identity.deletion]', async () => {
    const neighbour = await organization({ deleting: false });
    const before = await rowsOf(neighbour);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(120), { minLength: 1, maxLength: 2 }), async (deaths) => {
        const doomed = await organization({ deleting: true });
        for (const after of deaths) {
          await createErase({ ...options, database: dyingAfter(after) })(doomed, never).catch(() => false);
        }
        expect(await createErase({ ...options, database })(doomed, never)).toBe(true);
        expect(await rowsOf(doomed)).toEqual({ ...nowhere(), tombstones: 1 });
      }),
      { numRuns: 4 },
    );
    expect(await rowsOf(neighbour)).toEqual(before);
  });

  it('does nothing to an organization that nobody deleted', async () => {
    const id = await organization({ deleting: false });
    await query('delete from mcp.tombstones where tenant_id = $1', [id]);
    const before = await rowsOf(id);
    await expect(createErase({ ...options, database })(id, never)).rejects.toThrow(/nobody deleted/u);
    await expect(createSweep({ ...options, database })(id, never)).rejects.toThrow(/nobody deleted/u);
    expect(await rowsOf(id)).toEqual(before);
  });

  it('lets the job itself see and remove nothing but what is to be erased', async () => {
    const id = await organization({ deleting: false });
    await query('delete from mcp.tombstones where tenant_id = $1', [id]);
    const removed = await database.system('delete-organization', async (tx) => {
      await sql`select set_config('app.tenant_id', ${id}, true)`.execute(tx);
      const { rows } = await sql`delete from mcp.audit_log returning id`.execute(tx);
      return rows.length;
    });
    expect(removed).toBe(0);
    const doomed = await organization({ deleting: true });
    const unnamed = await database.system(
      'delete-organization',
      async (tx) => (await sql`select from mcp.audit_log`.execute(tx)).rows,
    );
    expect(unnamed).toEqual([]);
    expect((await rowsOf(doomed))['audit_log']).toBeGreaterThan(0);
  });

  it('stops between two batches when its process does', async () => {
    const doomed = await organization({ deleting: true });
    expect(await createErase({ ...options, database })(doomed, AbortSignal.abort())).toBe(false);
    expect((await rowsOf(doomed))['audit_log']).toBeGreaterThan(0);
  });

  it('is done by a service, which sweeps up an hour later what came after all [identity.deletion]', async () => {
    const parts = { ...options, batch: 1_000, database, clock: fakeClock(), telemetry: silentTelemetry };
    const doomed = await organization({ deleting: true });
    const service = createOrganizationEraser(parts);
    await service.start();
    await expect.poll(() => rowsOf(doomed), { timeout: 10_000 }).toEqual({ ...nowhere(), tombstones: 1 });
    await service.stop();
    await query(
      `insert into mcp.audit_log (id, tenant_id, actor, action, subject, outcome) values ($2, $1, 'a', 'b', 'c', 'allowed')`,
      [doomed, newId()],
    );
    const gone = 'update mcp.tombstones set swept_at = null, deleted_at = now() - $2::interval where tenant_id = $1';
    await query(gone, [doomed, '59 minutes']);
    await eraseAll(parts, never);
    expect((await rowsOf(doomed))['audit_log']).toBe(1);
    await query(gone, [doomed, '61 minutes']);
    await eraseAll(parts, never);
    expect(await rowsOf(doomed)).toEqual({ ...nowhere(), tombstones: 1 });
    const swept = 'select tenant_id from mcp.tombstones where tenant_id = $1 and swept_at is not null';
    expect(await query(swept, [doomed])).toEqual([{ tenant_id: doomed }]);
  });

  it('refuses to begin where a table does not say how its rows are removed', async () => {
    const doomed = await organization({ deleting: true });
    await asOwner((connection) => connection.script('create table mcp.forgotten (tenant_id uuid primary key)'));
    await expect(createErase({ ...options, database })(doomed, never)).rejects.toThrow(/table forgotten/u);
    await asOwner((connection) => connection.script('drop table mcp.forgotten'));
  });
});

describe('the order in which tables are emptied', () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const reference = fc.record({ from: fc.constantFrom(...names), to: fc.constantFrom(...names) });

  it('has every table once, and what refers before what is referred to', () => {
    fc.assert(
      fc.property(fc.array(reference), (references) => {
        // Only towards later names: without circles.
        const downwards = references.filter(({ from, to }) => from < to);
        const order = removalOrder(names, downwards);
        expect(order.toSorted()).toEqual(names);
        for (const { from, to } of downwards) expect(order.indexOf(from)).toBeLessThan(order.indexOf(to));
      }),
    );
  });

  it('has every table once also where references go in circles', () => {
    fc.assert(
      fc.property(fc.array(reference), (references) => {
        expect(removalOrder(names, references).toSorted()).toEqual(names);
      }),
    );
  });
});
