import type { Database } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { openTestDatabase } from './database.ts';
import { newTenant } from './tenant.ts';

const opened: Database[] = [];
const open = async (): Promise<Database> => {
  const database = await openTestDatabase();
  opened.push(database);
  return database;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
});

const organizations = (database: Database, tenant: string): Promise<readonly unknown[]> =>
  database.tenant(tenant, async (tx) => (await sql`select id from mcp.organizations`.execute(tx)).rows);

test('a test database is migrated, and what is written to one is not in another', async () => {
  const [one, two] = [await open(), await open()];
  const tenant = await newTenant(one);
  expect(await organizations(one, tenant)).toEqual([{ id: tenant }]);
  expect(await organizations(two, tenant)).toEqual([]);
});

test('two tenants of one test database do not see each other', async () => {
  const database = await open();
  const [first, second] = [await newTenant(database), await newTenant(database)];
  expect(await organizations(database, first)).toEqual([{ id: first }]);
  expect(await organizations(database, second)).toEqual([{ id: second }]);
});
