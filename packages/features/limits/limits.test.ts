import { openDatabaseBell, openMemoryKeyValue, type Bell, type Database } from '@devmesh/infrastructure';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openMesh, type TestMesh } from '../tasks/mesh.fixture.ts';
import { checkSubject, limitFor, type LimitDefinition } from './definition.ts';
import { createLimits, type Limits } from './index.ts';

const operator = { requestsPerMinuteOfKey: 1_000, requestsPerMinuteOfTenant: 1_000 };

let mesh: TestMesh;
let bell: Bell;
let reads = 0;
let limits: Limits;
let other: Limits;
const clock = fakeClock();
beforeAll(async () => {
  mesh = await openMesh();
  bell = openDatabaseBell({ database: mesh.database, log: mesh.telemetry.log });
  const database: Database = {
    ...mesh.database,
    tenant: (tenantId, work) => {
      reads += 1;
      return mesh.database.tenant(tenantId, work);
    },
  };
  const keyvalue = openMemoryKeyValue({ clock });
  const parts = { ...mesh, database, bell, keyvalue, operator, clock };
  limits = createLimits(parts);
  other = createLimits(parts);
});
afterAll(async () => {
  await limits.close();
  await other.close();
  await bell.close();
  await mesh.close();
});

const tool = (limit: number, subject = '*') => ({ scope: 'tool' as const, subject, limit, windowSeconds: 60 });
const about = (subject: string) => [{ scope: 'tool' as const, subject }];

describe('limits', () => {
  test('that are known cost a request no query, also where there are none [limits.warm]', async () => {
    const [with_, without] = [await mesh.organization(), await mesh.organization()];
    await limits.set(with_.admin, tool(1_000));
    const queries = async (): Promise<number> => {
      reads = 0;
      for (const { admin } of [with_, without, with_, without]) await limits.admit(admin, about('t'));
      return reads;
    };
    // On a server the bell of the change may still ring after the first request.
    await expect.poll(queries).toBe(0);
  });

  test('of others are held to as soon as the bell has rung', async () => {
    const { admin } = await mesh.organization();
    await other.admit(admin, about('t'));
    await limits.set(admin, tool(1));
    await limits.admit(admin, about('t'));
    const refusal = async () => (await other.admit(admin, about('t'))).refusal?.limit;
    await expect.poll(refusal).toMatchObject({ scope: 'tool', subject: 't', limit: 1 });
  });

  test('refill while time passes, and tell when', async () => {
    const { admin } = await mesh.organization();
    await limits.set(admin, tool(2));
    for (let call = 0; call < 2; call += 1) expect((await limits.admit(admin, about('t'))).refusal).toBeUndefined();
    const { refusal, headers } = await limits.admit(admin, about('t'));
    expect(refusal?.retryAfterSeconds).toBe(30);
    expect(headers()).toMatchObject({ 'Retry-After': '30', 'RateLimit-Policy': '"tool";q=2;w=60' });
    await clock.advance(30_000);
    expect((await limits.admit(admin, about('t'))).refusal).toBeUndefined();
  });

  test('of one organization are 500 at most; those that there are can still be changed', async () => {
    const { admin, tenantId } = await mesh.organization();
    await mesh.database.tenant(tenantId, (tx) =>
      sql`
        insert into mcp.limits (tenant_id, scope, subject, maximum, window_seconds)
        select ${tenantId}::uuid, 'tool', 't' || n, 5, 60 from generate_series(1, 500) as n`.execute(tx),
    );
    await expect(limits.set(admin, tool(1, 'one_more'))).rejects.toMatchObject({ code: 'conflict' });
    expect(await limits.set(admin, tool(7, 't1'))).toMatchObject({ subject: 't1', limit: 7 });
  });
});

test('a named subject has its own limit, every other that of each one, and other scopes none of them', () => {
  const names = fc.constantFrom('*', 'a', 'b', 'c');
  const scopes = fc.constantFrom('agent', 'capability', 'tool');
  const definition = fc
    .record({ scope: scopes, subject: names, limit: fc.nat(99) })
    .map((given): LimitDefinition => ({ ...given, windowSeconds: 60, updatedAt: '' }));
  const unique = fc.uniqueArray(definition, { selector: ({ scope, subject }) => `${scope} ${subject}` });
  fc.assert(
    fc.property(unique, scopes, fc.constantFrom('a', 'b', 'z'), (definitions, scope, subject) => {
      const found = limitFor(definitions, { scope, subject });
      const own = definitions.filter((each) => each.scope === scope);
      const exact = own.find((each) => each.subject === subject);
      expect(found).toBe(exact ?? own.find((each) => each.subject === '*'));
    }),
  );
});

test('a subject is what the database takes', () => {
  for (const subject of ['', 'a'.repeat(65), 'a b', '**', 'a:b', 'ä']) {
    expect(() => checkSubject({ scope: 'tool', subject })).toThrow(/name of a tool/u);
  }
  checkSubject({ scope: 'capability', subject: 'code-review.v2' });
});
