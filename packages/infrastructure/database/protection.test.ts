import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmbeddedDatabase } from './embedded.ts';
import type { PgliteDatabase } from './pglite.ts';
import type { MigrationConnection } from './port.ts';
import { productMigrations } from './product-migrations.ts';

interface Table {
  readonly name: string;
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly owner: string;
  readonly columns: readonly string[];
  /** Of another table, which alone is read and written. */
  readonly partition: boolean;
}

interface Definer {
  readonly name: string;
  readonly owner: string;
  readonly settings: readonly string[];
  readonly body: string;
  readonly callers: readonly string[];
}

interface Policy {
  readonly table: string;
  readonly name: string;
  readonly permissive: string;
  readonly roles: readonly string[];
  readonly verb: string;
  readonly reads: string | null;
  readonly writes: string | null;
}

interface Problem {
  readonly name: string;
}

const tables = `
  select c.relname as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    pg_get_userbyid(c.relowner) as owner, c.relispartition as partition,
    array(select attname::text from pg_attribute a where a.attrelid = c.oid and attnum > 0 and attnotnull) as columns
  from pg_class c where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') order by 1`;
const policies = `
  select tablename as table, policyname as name, permissive, roles::text[] as roles, cmd as verb,
    qual as reads, with_check as writes
  from pg_policies where schemaname = 'mcp' order by 1, 2`;
// Views run with the rights of their owner, past the policies.
const bypasses = `
  select relname as name from pg_class where relnamespace = 'mcp'::regnamespace and relkind in ('v', 'm', 'f')`;
// So do these functions, which is why each must say who may call it, for which job.
const definers = `
  select proname as name, pg_get_userbyid(proowner) as owner, proconfig as settings, prosrc as body,
    array(
      select case grantee when 0 then 'PUBLIC' else pg_get_userbyid(grantee) end
      from aclexplode(coalesce(proacl, acldefault('f', proowner))) where grantee <> proowner order by 1
    )::text[] as callers
  from pg_proc where pronamespace = 'mcp'::regnamespace and prosecdef order by 1`;
const partitionGrants = `
  select relname || ': ' || privilege_type as name
  from pg_class, aclexplode(relacl) where relnamespace = 'mcp'::regnamespace and relispartition and grantee <> relowner
  union all
  select relname || '.' || attname || ': ' || privilege_type
  from pg_class join pg_attribute on attrelid = pg_class.oid, aclexplode(attacl)
  where relnamespace = 'mcp'::regnamespace and relispartition`;
const publicGrants = `
  select table_name || ': ' || privilege_type as name from information_schema.table_privileges
  where table_schema = 'mcp' and (grantee = 'PUBLIC'
    or grantee in ('devmesh_app', 'devmesh_system') and privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE'))`;
// A key between two tenant tables that leaves the tenant out would let one tenant point at, and probe for, rows of another.
const foreignKeys = `
  select conrelid::regclass || '.' || conname as name from pg_constraint c
  where connamespace = 'mcp'::regnamespace and contype = 'f' and not exists (
    select from pg_attribute a
    where a.attrelid = c.conrelid and a.attnum = any (c.conkey) and a.attname = 'tenant_id')`;

const tenantOf = (table: string): string => (table === 'organizations' ? 'id' : 'tenant_id');

describe('every table of the fully migrated schema mcp', () => {
  let database: PgliteDatabase;
  let connection: MigrationConnection;
  beforeAll(async () => {
    database = await openEmbeddedDatabase({ telemetry: silentTelemetry, migrations: productMigrations });
    connection = await database.migrationConnection();
  });
  afterAll(async () => {
    await connection.close();
    await database.close();
  });

  test('has row-level security enabled and forced, and names its tenant [tenancy.rls-forced]', async () => {
    for (const table of await connection.query<Table>(tables)) {
      expect(table).toMatchObject({ name: table.name, enabled: true, forced: true });
      expect(table).toMatchObject({ columns: expect.arrayContaining([tenantOf(table.name)]) });
      expect(table).toMatchObject({ owner: expect.not.stringMatching(/^devmesh_/u) });
    }
  });

  test('lets the application role read and write the rows of its tenant, by one policy and no other', async () => {
    const all = await connection.query<Policy>(policies);
    for (const { name } of (await connection.query<Table>(tables)).filter(({ partition }) => !partition)) {
      const own = `(${tenantOf(name)} = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)`;
      const forApplication = all.filter(({ table, roles }) => table === name && !isOnly(roles, 'devmesh_system'));
      expect({ name, policies: forApplication }).toEqual({
        name,
        policies: [
          {
            table: name,
            name: 'tenant',
            permissive: 'PERMISSIVE',
            roles: ['devmesh_app'],
            verb: 'ALL',
            reads: own,
            writes: own,
          },
        ],
      });
    }
  });

  test('gives nothing through a partition: it has no policy and no grant of its own', async () => {
    const partitions = (await connection.query<Table>(tables)).filter(({ partition }) => partition);
    expect(partitions.length).toBeGreaterThan(4);
    const names = new Set(partitions.map(({ name }) => name));
    expect((await connection.query<Policy>(policies)).filter(({ table }) => names.has(table))).toEqual([]);
    expect(await connection.query<Problem>(partitionGrants)).toEqual([]);
  });

  test('is reached with the rights of its owner by one system job only, which the function checks first', async () => {
    const found = await connection.query<Definer>(definers);
    expect(found.map(({ name }) => name)).toEqual(['drop_partition', 'make_next_partition']);
    for (const { name, owner, settings, body, callers } of found) {
      expect({ name, callers }).toEqual({ name, callers: ['devmesh_system'] });
      expect(owner).not.toMatch(/^devmesh_/u);
      expect(settings).toContain('search_path=pg_catalog, pg_temp');
      expect(body).toMatch(
        /begin\s+if current_setting\('app.system_job', true\) is distinct from 'retention' then\s+raise/u,
      );
    }
  });

  test('is opened to system jobs only by policies that say so', async () => {
    const all = await connection.query<Policy>(policies);
    for (const policy of all.filter(({ roles }) => roles.includes('devmesh_system'))) {
      expect(policy).toMatchObject({ table: policy.table, name: expect.stringMatching(/^system_[a-z]+$/u) });
    }
  });

  test.each([
    ['is reached by no view', bypasses],
    ['grants nothing to the public, and nothing but rows to the roles of transactions', publicGrants],
    ['has the tenant in every foreign key', foreignKeys],
  ])('%s', async (_name, query) => {
    expect(await connection.query<Problem>(query)).toEqual([]);
  });

  test('would be reported: a table or partition without protection, a view, a key without the tenant [tenancy.rls-forced]', async () => {
    await connection.script(`
      begin;
      create table mcp.forgotten (tenant_id uuid not null, id uuid primary key);
      create table mcp.pointing (tenant_id uuid not null, other uuid references mcp.forgotten (id));
      create view mcp.window as select * from mcp.forgotten;
      grant truncate on mcp.forgotten to devmesh_app;
      create table mcp.webhook_events_open partition of mcp.webhook_events for values from
        ('ffffff00-0000-0000-0000-000000000000') to ('ffffffff-0000-0000-0000-000000000000');
      grant select (payload) on mcp.webhook_events_open to devmesh_app;
      grant select on mcp.webhook_events_default to devmesh_system;`);
    const found = await connection.query<Table>(tables);
    expect(found.find(({ name }) => name === 'forgotten')).toMatchObject({ enabled: false, forced: false });
    expect(found.find(({ name }) => name === 'webhook_events_open')).toMatchObject({ enabled: false, forced: false });
    expect(await connection.query<Problem>(partitionGrants)).toEqual([
      { name: 'webhook_events_default: SELECT' },
      { name: 'webhook_events_open.payload: SELECT' },
    ]);
    expect(await connection.query<Problem>(bypasses)).toEqual([{ name: 'window' }]);
    expect(await connection.query<Problem>(publicGrants)).toEqual([{ name: 'forgotten: TRUNCATE' }]);
    expect(await connection.query<Problem>(foreignKeys)).toEqual([{ name: 'mcp.pointing.pointing_other_fkey' }]);
    await connection.script('rollback');
  });
});

function isOnly(roles: readonly string[], role: string): boolean {
  return roles.length === 1 && roles[0] === role;
}
