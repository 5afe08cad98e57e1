import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { preparedContract } from './contract-prepared.ts';
import type { Database, MigrationConnection, SystemJob, Tx } from './port.ts';

/** One engine under test: a migrated database and the way to its unrestricted connection. */
export interface DatabaseEngine {
  readonly database: Database;
  migrationConnection(): Promise<MigrationConnection>;
  close(): Promise<void>;
}

const tables = `
  create table mcp.contract_note (
    tenant_id uuid not null,
    id uuid not null,
    text text not null,
    primary key (tenant_id, id)
  );
  call mcp.protect('contract_note');
  create table mcp.contract_inbox (
    tenant_id uuid not null,
    id uuid not null,
    taken integer not null default 0,
    primary key (tenant_id, id)
  );
  call mcp.protect('contract_inbox', system_verbs => '{select,update}', system_jobs => '{sweep}');
`;

/** What every database adapter promises. */
export function databaseContract(name: string, open: () => Promise<DatabaseEngine>): void {
  describe(`${name} keeps the database contract`, () => {
    let engine: DatabaseEngine;
    let database: Database;

    beforeAll(async () => {
      engine = await open();
      ({ database } = engine);
      const connection = await engine.migrationConnection();
      await connection.script(tables);
      await connection.close();
    });
    afterAll(() => engine.close());

    isolationContract(() => database);
    transactionContract(() => database);
    systemContract(() => database);
    valueContract(() => database);
    notificationContract(() => database);
    roleContract(() => database);
    preparedContract(() => engine);
  });
}

interface Note {
  readonly tenant_id: string;
  readonly id: string;
  readonly text: string;
}

async function write(tx: Tx, tenantId: string, text: string): Promise<string> {
  const id = randomUUID();
  await sql`insert into mcp.contract_note (tenant_id, id, text) values (${tenantId}, ${id}, ${text})`.execute(tx);
  return id;
}

async function readAll(tx: Tx): Promise<readonly Note[]> {
  const { rows } = await sql<Note>`select tenant_id, id, text from mcp.contract_note order by text`.execute(tx);
  return rows;
}

async function texts(database: Database, tenantId: string): Promise<readonly string[]> {
  const notes = await database.tenant(tenantId, readAll);
  return notes.map(({ text }) => text);
}

function isolationContract(of: () => Database): void {
  describe('a tenant', () => {
    let own: string;
    let other: string;
    beforeEach(async () => {
      [own, other] = [randomUUID(), randomUUID()];
      await of().tenant(own, (tx) => write(tx, own, 'mine'));
      await of().tenant(other, (tx) => write(tx, other, 'theirs'));
    });

    test('reads its own rows and no others [tenancy.no-foreign-rows]', async () => {
      expect(await texts(of(), own)).toEqual(['mine']);
      expect(await texts(of(), other)).toEqual(['theirs']);
    });

    test('cannot update rows of another tenant, even by their id [tenancy.no-foreign-rows]', async () => {
      const changed = await of().tenant(own, (tx) =>
        sql`update mcp.contract_note set text = 'stolen' where tenant_id = ${other}`.execute(tx),
      );
      expect(changed.numAffectedRows).toBe(0n);
      expect(await texts(of(), other)).toEqual(['theirs']);
    });

    test('cannot delete rows of another tenant [tenancy.no-foreign-rows]', async () => {
      const deleted = await of().tenant(own, (tx) =>
        sql`delete from mcp.contract_note where tenant_id = ${other}`.execute(tx),
      );
      expect(deleted.numAffectedRows).toBe(0n);
      expect(await texts(of(), other)).toEqual(['theirs']);
    });

    test('cannot insert a row for another tenant [tenancy.no-foreign-rows]', async () => {
      const attempt = of().tenant(own, (tx) => write(tx, other, 'planted'));
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
      expect(await texts(of(), other)).toEqual(['theirs']);
    });

    test('cannot hand its own row to another tenant [tenancy.no-foreign-rows]', async () => {
      const attempt = of().tenant(own, (tx) =>
        sql`update mcp.contract_note set tenant_id = ${other} where tenant_id = ${own}`.execute(tx),
      );
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
    });

    test('sees nothing and writes nothing once its id is taken away', async () => {
      const seen = await of().tenant(own, async (tx) => {
        await sql`select set_config('app.tenant_id', '', true)`.execute(tx);
        return readAll(tx);
      });
      expect(seen).toEqual([]);
      const attempt = of().tenant(own, async (tx) => {
        await sql`select set_config('app.tenant_id', '', true)`.execute(tx);
        await write(tx, own, 'nobody');
      });
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
    });

    test('must be named by a UUID', async () => {
      for (const tenantId of ['', 'all', "' or true --", `${own} `]) {
        await expect(of().tenant(tenantId, readAll)).rejects.toMatchObject({ code: 'internal' });
      }
    });

    test('never leaves its id or role to the next owner of a connection', async () => {
      for (let round = 0; round < 30; round += 1) {
        const [one, two] = [randomUUID(), randomUUID()];
        await Promise.all([
          of().tenant(one, (tx) => write(tx, one, 'one')),
          of()
            .tenant(two, (tx) => write(tx, two, 'two'))
            .then(() => undefined),
          of().tenant(own, readAll),
        ]);
        expect(await texts(of(), one)).toEqual(['one']);
        const settings = await of().system('sweep', async (tx) => {
          const { rows } = await sql`
            select current_user as role, current_setting('app.tenant_id', true) as tenant`.execute(tx);
          return rows[0];
        });
        expect(settings).toMatchObject({ role: 'devmesh_system' });
        expect((settings as { tenant: string | null }).tenant ?? '').toBe('');
      }
    });
  });
}

function transactionContract(of: () => Database): void {
  describe('a transaction', () => {
    test('stores nothing when its work throws, and rethrows just that', async () => {
      const tenant = randomUUID();
      const failure = new Error('changed my mind');
      const attempt = of().tenant(tenant, async (tx) => {
        await write(tx, tenant, 'half');
        throw failure;
      });
      await expect(attempt).rejects.toBe(failure);
      expect(await texts(of(), tenant)).toEqual([]);
    });

    test('says so when its work hid a failed statement, instead of losing the rest in silence', async () => {
      const tenant = randomUUID();
      const attempt = of().tenant(tenant, async (tx) => {
        await write(tx, tenant, 'before');
        await sql`select 1 / 0`.execute(tx).catch(() => undefined);
      });
      await expect(attempt).rejects.toMatchObject({ code: 'internal' });
      expect(await texts(of(), tenant)).toEqual([]);
    });

    test('can be used no longer once it has ended', async () => {
      const tenant = randomUUID();
      const leaked = await of().tenant(tenant, (tx) => Promise.resolve([tx]));
      await expect(readAll(leaked[0]!)).rejects.toThrow(/transaction/iu);
    });

    test('refuses to be opened inside another, which on one connection would wait for itself', async () => {
      const tenant = randomUUID();
      const attempt = of().tenant(tenant, () => of().tenant(tenant, readAll));
      await expect(attempt).rejects.toMatchObject({ code: 'internal' });
      await expect(of().tenant(tenant, () => of().notify('contract', 'x'))).rejects.toMatchObject({ code: 'internal' });
    });

    test('of many at once all commit, each whole', async () => {
      const tenant = randomUUID();
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          of().tenant(tenant, async (tx) => {
            await write(tx, tenant, `${String(index)}a`);
            await write(tx, tenant, `${String(index)}b`);
          }),
        ),
      );
      expect(await texts(of(), tenant)).toHaveLength(80);
    });

    test('is run again when the engine reports a deadlock or serialization failure', async () => {
      const tenant = randomUUID();
      let runs = 0;
      await of().tenant(tenant, async (tx) => {
        runs += 1;
        await write(tx, tenant, `run ${String(runs)}`);
        if (runs < 3) await sql`do $$ begin raise sqlstate '40001'; end $$`.execute(tx);
      });
      expect(await texts(of(), tenant)).toEqual(['run 3']);
    });

    test('gives the engine error of a broken constraint, with its code and name', async () => {
      const tenant = randomUUID();
      const attempt = of().tenant(tenant, async (tx) => {
        const id = await write(tx, tenant, 'first');
        await sql`insert into mcp.contract_note (tenant_id, id, text) values (${tenant}, ${id}, 'twin')`.execute(tx);
      });
      await expect(attempt).rejects.toMatchObject({ code: '23505', constraint: 'contract_note_pkey' });
    });
  });
}

async function inboxOf(database: Database, job: SystemJob): Promise<readonly unknown[]> {
  const { rows } = await database.system(job, (tx) => sql`select * from mcp.contract_inbox`.execute(tx));
  return rows;
}

function systemContract(of: () => Database): void {
  describe('a system job', () => {
    beforeAll(async () => {
      for (const tenant of [randomUUID(), randomUUID()]) {
        await of().tenant(tenant, (tx) =>
          sql`insert into mcp.contract_inbox (tenant_id, id) values (${tenant}, ${randomUUID()})`.execute(tx),
        );
      }
    });

    test('sees across tenants where a policy opens the table to it', async () => {
      expect(await inboxOf(of(), 'sweep')).toHaveLength(2);
      const taken = await of().system('sweep', (tx) => sql`update mcp.contract_inbox set taken = 1`.execute(tx));
      expect(taken.numAffectedRows).toBe(2n);
    });

    test('sees nothing where the policy names another job', async () => {
      expect(await inboxOf(of(), 'health')).toEqual([]);
    });

    test('is refused by tables without a system policy, and by verbs that the policy lacks', async () => {
      await expect(of().system('sweep', readAll)).rejects.toMatchObject({ code: '42501' });
      const attempt = of().system('sweep', (tx) => sql`delete from mcp.contract_inbox`.execute(tx));
      await expect(attempt).rejects.toMatchObject({ code: '42501' });
    });

    test('is refused when its name is not plain', async () => {
      await expect(of().system("x'; drop table y; --" as SystemJob, readAll)).rejects.toMatchObject({
        code: 'internal',
      });
    });
  });
}

function valueContract(of: () => Database): void {
  test('values come back alike on every engine [database.same-suite]', async () => {
    const instant = new Date('2026-02-03T04:05:06.789Z');
    const row = await of().tenant(randomUUID(), async (tx) => {
      const { rows } = await sql`select
        ${'text with "quotes", \\ and 語'}::text as plain, ${null}::text as nothing, ${true}::boolean as yes,
        ${12}::integer as small, ${9_007_199_254_740_991}::bigint as large, ${'1.50'}::numeric as exact,
        ${instant}::timestamptz as instant, ${'2026-02-03'}::date as day, ${{ a: [1, null] }}::jsonb as json,
        ${JSON.stringify([1, 2])}::jsonb as list, ${['a', null, 'b "c", \\']}::text[] as texts,
        ${[1, 2]}::bigint[] as numbers, ${new Uint8Array([0, 255, 7])}::bytea as bytes,
        ${new Float32Array([1, 0.5])}::vector(2)::text as vector, count(*) as rows from generate_series(1, 3)`.execute(
        tx,
      );
      return rows[0];
    });
    expect(row).toEqual({
      plain: 'text with "quotes", \\ and 語',
      nothing: null,
      yes: true,
      small: 12,
      large: 9_007_199_254_740_991,
      exact: '1.50',
      instant,
      day: '2026-02-03',
      json: { a: [1, null] },
      list: [1, 2],
      texts: ['a', null, 'b "c", \\'],
      numbers: [1, 2],
      bytes: Buffer.from([0, 255, 7]),
      vector: '[1,0.5]',
      rows: 3,
    });
  });
}

function notificationContract(of: () => Database): void {
  describe('a notification', () => {
    test('reaches every listener of its channel until the listener stops, and no other channel', async () => {
      const heard: string[] = [];
      const channel = `contract_${randomUUID().replaceAll('-', '')}`;
      const stopOne = await of().listen(channel, (payload) => heard.push(`one ${payload}`));
      const stopTwo = await of().listen(channel, (payload) => heard.push(`two ${payload}`));
      const stopOther = await of().listen(`${channel}_other`, (payload) => heard.push(`other ${payload}`));
      await of().notify(channel, 'first');
      await expect.poll(() => heard.toSorted()).toEqual(['one first', 'two first']);
      await stopOne();
      await of().notify(channel, 'second');
      await expect.poll(() => heard.at(-1)).toBe('two second');
      await stopTwo();
      await of().notify(channel, 'third');
      await of().notify(`${channel}_other`, 'end');
      await expect.poll(() => heard.at(-1)).toBe('other end');
      expect(heard).toHaveLength(4);
      await stopOther();
    });

    test('is refused over the size that every engine carries, and on a channel whose name is not plain', async () => {
      await expect(of().notify('contract', 'x'.repeat(7_901))).rejects.toMatchObject({ code: 'too_large' });
      await expect(of().notify('a"b', 'x')).rejects.toMatchObject({ code: 'internal' });
      await expect(of().listen('a"b', () => undefined)).rejects.toMatchObject({ code: 'internal' });
    });

    test('is not lost to a listener that throws', async () => {
      const heard: string[] = [];
      const stops = [
        await of().listen('contract_throw', () => {
          throw new Error('a broken listener');
        }),
        await of().listen('contract_throw', (payload) => heard.push(payload)),
      ];
      await of().notify('contract_throw', 'still');
      await expect.poll(() => heard).toEqual(['still']);
      for (const stop of stops) await stop();
    });
  });
}

function roleContract(of: () => Database): void {
  test('the roles of transactions own nothing, bypass nothing and cannot make themselves more [tenancy.role-without-ownership]', async () => {
    const tenant = randomUUID();
    const facts = await of().tenant(tenant, async (tx) => {
      const { rows } = await sql`
        select rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole,
          (select count(*) from pg_class where relowner = r.oid) as owned,
          (select count(*) from pg_auth_members where member = r.oid) as memberships
        from pg_roles r where rolname in ('devmesh_app', 'devmesh_system') order by rolname`.execute(tx);
      return rows;
    });
    const harmless = {
      rolsuper: false,
      rolbypassrls: false,
      rolcanlogin: false,
      rolcreaterole: false,
      owned: 0,
      memberships: 0,
    };
    expect(facts).toEqual([
      { rolname: 'devmesh_app', ...harmless },
      { rolname: 'devmesh_system', ...harmless },
    ]);
    const forbidden = [
      sql`alter table mcp.contract_note disable row level security`,
      sql`drop policy tenant on mcp.contract_note`,
      sql`alter role devmesh_app bypassrls`,
      sql`create table mcp.contract_own (id integer)`,
      sql`select * from devmesh_meta.migrations`,
      sql`call mcp.protect('contract_note')`,
    ];
    for (const statement of forbidden) {
      await expect(of().tenant(tenant, (tx) => statement.execute(tx))).rejects.toMatchObject({ code: '42501' });
    }
  });

  test('a ping answers', async () => {
    await expect(of().ping()).resolves.toBeUndefined();
  });
}
