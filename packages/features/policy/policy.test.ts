import { allOperations } from '@devmesh/api';
import { MeshError, newId } from '@devmesh/foundation';
import { openDatabaseBell, openMemoryKeyValue, type Bell, type Database } from '@devmesh/infrastructure';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFlags, type Flags } from '../flags/index.ts';
import type { Principal } from '../identity/index.ts';
import { openMesh, type TestMesh } from '../tasks/mesh.fixture.ts';
import { examplePolicies } from './cedar-schema.ts';
import { createPolicyEngine, type PolicyEngine } from './engine/policy-engine.ts';
import { createPolicy, type Policy } from './index.ts';
import type { Question, ToolResource } from './question.ts';

let mesh: TestMesh;
let bell: Bell;
let flags: Flags;
let policy: Policy;
let other: Policy;
let reads = 0;
let broken = false;
let engineReads = 0;
const keyvalue = openMemoryKeyValue();
beforeAll(async () => {
  mesh = await openMesh();
  bell = openDatabaseBell({ database: mesh.database, log: mesh.telemetry.log });
  const database: Database = {
    ...mesh.database,
    tenant: (tenantId, work) => {
      reads += 1;
      if (broken) return Promise.reject(new Error('the database is away'));
      return mesh.database.tenant(tenantId, work);
    },
  };
  const engine = createPolicyEngine({ log: mesh.telemetry.log });
  const counted: PolicyEngine = {
    ...engine,
    read: (text) => {
      engineReads += 1;
      return engine.read(text);
    },
  };
  const parts = { ...mesh, database, bell, keyvalue, newId };
  flags = createFlags(parts);
  policy = createPolicy({ ...parts, flags, engine: counted });
  other = createPolicy({ ...parts, flags });
});
afterAll(async () => {
  await policy.close();
  await other.close();
  await flags.close();
  await bell.close();
  await mesh.close();
});

const tool: ToolResource = {
  kind: 'tool',
  name: 'github_delete_branch',
  service: 'github',
  tags: [],
  effect: 'destructive',
  method: 'DELETE',
  host: 'api.github.com',
};
const question: Question = { resource: tool };
const permitAll = '@id("all") permit(principal, action, resource);';
const forbidAll = `${permitAll} @id("freeze") forbid(principal, action, resource);`;
const change = (text: string, expectedRevision = 0) => ({ text, tests: [], calls: [], expectedRevision });
const operation = (id: string): Question => {
  const found = allOperations.find((each) => each.id === id);
  if (found === undefined) throw new Error(`there is no ${id}`);
  return { resource: { kind: 'operation', operation: found } };
};

describe('the policies of an organization', () => {
  test('hold as soon as they are set, here and in other processes', async () => {
    const { admin } = await mesh.organization();
    expect(await policy.decide(admin, question)).toMatchObject({ allowed: true, rule: 'no policies' });
    expect(await other.decide(admin, question)).toMatchObject({ allowed: true });
    await policy.set(admin, change(forbidAll));
    expect(await policy.decide(admin, question)).toMatchObject({
      allowed: false,
      reason: 'policy_forbids',
      rule: 'freeze',
    });
    await expect.poll(async () => (await other.decide(admin, question)).allowed).toBe(false);
    await policy.set(admin, change(permitAll, 1));
    expect(await policy.decide(admin, question)).toMatchObject({ allowed: true, rule: 'all' });
    await expect.poll(async () => (await other.decide(admin, question)).allowed).toBe(true);
  });

  test('cost organizations without any neither the engine nor a query', async () => {
    const { admin } = await mesh.organization();
    await policy.decide(admin, question);
    engineReads = 0;
    const queries = async (): Promise<number> => {
      reads = 0;
      await policy.filter(admin, [question], (each) => each);
      return reads;
    };
    // The bell of earlier changes may still ring.
    await expect.poll(queries).toBe(0);
    expect(engineReads).toBe(0);
  });

  test('are kept in all versions, with who changed them', async () => {
    const { admin, tenantId } = await mesh.organization();
    await policy.set(admin, { ...change(permitAll), comment: 'begin' });
    await policy.set(admin, change(forbidAll, 1));
    const { items } = await policy.history(tenantId, { limit: 10 });
    expect(items).toMatchObject([
      { revision: 2, text: forbidAll, changedBy: `key:${admin.keyId}`, comment: null },
      { revision: 1, text: permitAll, comment: 'begin' },
    ]);
    const first = await policy.history(tenantId, { limit: 1 });
    expect(await policy.history(tenantId, { limit: 1, cursor: first.nextCursor })).toMatchObject({
      items: [{ revision: 1 }],
    });
  });

  test('are not overwritten by somebody who has not read them', async () => {
    const { admin, tenantId } = await mesh.organization();
    const both = await Promise.allSettled([policy.set(admin, change(permitAll)), policy.set(admin, change(forbidAll))]);
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(policy.set(admin, change(permitAll, 7))).rejects.toMatchObject({ code: 'conflict' });
    expect((await policy.current(tenantId))?.revision).toBe(1);
  });

  test('with errors are refused with their places, and nothing is stored', async () => {
    const { admin, tenantId } = await mesh.organization();
    await expect(
      policy.set(admin, change(`${permitAll}\n@id("x") forbid(principal, action, resource) when { 1 };`)),
    ).rejects.toMatchObject({ code: 'invalid_request', issues: [{ path: 'body.text:2:53' }] });
    expect(await policy.current(tenantId)).toBeUndefined();
  });

  test('are stored only where their tests pass', async () => {
    const { admin, tenantId } = await mesh.organization();
    const base = { principal: 'role:developer', flags: [], resource: { tool: 'github_merge', service: 'github' } };
    const passing = [
      { ...base, name: 'main', arguments: { branch: 'main' }, expect: 'deny' as const, rule: 'main-is-protected' },
      { ...base, name: 'list', expect: 'allow' as const },
      { ...base, name: 'owner', principal: 'role:owner', arguments: { branch: 'main' }, expect: 'allow' as const },
      {
        ...base,
        name: 'agent',
        principal: 'agent:a',
        resource: { tool: 'x_y', effect: 'destructive' as const },
        expect: 'deny' as const,
      },
      {
        ...base,
        name: 'key',
        principal: 'key:gateway',
        resource: { operation: 'tasks.list' },
        expect: 'allow' as const,
      },
    ];
    const failing = [...passing, { ...base, name: 'wrong', arguments: { branch: 'x' }, expect: 'deny' as const }];
    await expect(policy.set(admin, { ...change(examplePolicies), tests: failing })).rejects.toMatchObject({
      code: 'invalid_request',
      issues: [{ path: 'body.tests.wrong', message: 'expected deny, got allow by everybody' }],
    });
    const wrongRule = [{ ...passing[0]!, rule: 'everybody' }];
    await expect(policy.set(admin, { ...change(examplePolicies), tests: wrongRule })).rejects.toMatchObject({
      code: 'invalid_request',
    });
    await policy.set(admin, { ...change(examplePolicies), tests: passing });
    expect((await policy.current(tenantId))?.tests).toHaveLength(5);
  });

  test('tell before they are set which calls they would decide otherwise', async () => {
    const { admin, tenantId } = await mesh.organization();
    await policy.set(admin, change(permitAll));
    const base = { principal: 'role:developer', flags: [], resource: { tool: 'github_merge', service: 'github' } };
    const calls = [
      { ...base, name: 'to main', arguments: { branch: 'main' } },
      { ...base, name: 'elsewhere', resource: { tool: 'jira_x' }, arguments: {} },
    ];
    const text = `${permitAll} @id("no-main") forbid(principal, action, resource in Service::"github")
      when { context.arguments.hasTag("branch") && context.arguments.getTag("branch") == "main" };`;
    expect(await policy.check(tenantId, { text, tests: [], calls })).toMatchObject({
      valid: true,
      changes: [
        { name: 'to main', before: { allowed: true, rule: 'all' }, after: { allowed: false, rule: 'no-main' } },
      ],
    });
    expect((await policy.current(tenantId))?.text).toBe(permitAll);
    expect(await policy.check(tenantId, { text: 'permit', tests: [], calls })).toMatchObject({
      valid: false,
      changes: [],
    });
  });

  test('that cannot be read let nothing pass but what repairs them', async () => {
    const { admin } = await mesh.organization();
    await policy.set(admin, change(permitAll));
    broken = true;
    try {
      const fresh = { ...admin, tenantId: admin.tenantId };
      // Nobody has asked for it in this process, and the database is away.
      await expect(other.decide(fresh, question)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(other.filter(fresh, [question], (each) => each)).rejects.toMatchObject({ code: 'unavailable' });
      await expect(other.decide(fresh, operation('policy.set'))).resolves.toMatchObject({ allowed: true });
    } finally {
      broken = false;
    }
  });

  test('that the engine fails to read let nothing pass', async () => {
    const { admin } = await mesh.organization();
    await policy.set(admin, change(permitAll));
    const engine: PolicyEngine = {
      read: () => Promise.reject(new Error('no engine')),
      close: () => Promise.resolve(),
    };
    const failing = createPolicy({ ...mesh, bell, keyvalue, flags, engine });
    await expect(failing.decide(admin, question)).rejects.toMatchObject({ code: 'unavailable' });
    const strange = createPolicy({
      ...mesh,
      bell,
      keyvalue,
      flags,
      engine: { ...engine, read: () => Promise.resolve({ set: undefined, count: 0, issues: [{ message: 'odd' }] }) },
    });
    await expect(strange.decide(admin, question)).rejects.toMatchObject({ code: 'unavailable' });
    await failing.close();
    await strange.close();
  });

  test('cannot lock out those who write them', async () => {
    const { admin } = await mesh.organization();
    await policy.set(admin, change(forbidAll));
    const beyond = ['policy.get', 'policy.set', 'policy.check', 'policy.history', 'policy.explain', 'policy.allowed'];
    for (const id of beyond) expect([id, (await policy.decide(admin, operation(id))).allowed]).toEqual([id, true]);
    expect((await policy.decide(admin, operation('tasks.list'))).allowed).toBe(false);
    await policy.set(admin, change(permitAll, 1));
    expect((await policy.decide(admin, operation('tasks.list'))).allowed).toBe(true);
  });

  test('of one organization say nothing about another [tenancy.no-foreign-rows]', async () => {
    const [one, two] = [await mesh.organization(), await mesh.organization()];
    await policy.set(one.admin, change(forbidAll));
    expect(await policy.decide(two.admin, question)).toMatchObject({ allowed: true, rule: 'no policies' });
    expect((await policy.history(two.tenantId, { limit: 10 })).items).toEqual([]);
  });
});

describe('a denial', () => {
  test('is put on record with what denied, and told to who asked', async () => {
    const { admin, tenantId } = await mesh.organization();
    await policy.set(admin, change(forbidAll));
    const guarded = { action: 'tools.call', subject: tool.name, detail: () => ({ toolId: 't' }) };
    const denied = policy.guard(admin, question, guarded);
    await expect(denied).rejects.toMatchObject({
      code: 'forbidden',
      message: expect.stringContaining('freeze'),
      denial: { reason: 'policy_forbids', rule: 'freeze' },
    });
    const { items } = await mesh.audit.list(tenantId, { limit: 10, action: 'tools.call' });
    expect(items).toMatchObject([
      {
        outcome: 'denied',
        subject: tool.name,
        rule: 'policy:freeze',
        detail: { reason: 'policy_forbids', toolId: 't' },
      },
    ]);
  });

  test('by a scope needs no policies, and an allowance leaves no line', async () => {
    const { admin, tenantId } = await mesh.organization();
    const reader: Principal = { ...admin, keyType: 'user', scopes: ['tools:read'] };
    const guarded = { action: 'tools.call', subject: tool.name };
    await expect(policy.guard(reader, question, guarded)).rejects.toBeInstanceOf(MeshError);
    await policy.guard(admin, question, guarded);
    expect((await mesh.audit.list(tenantId, { limit: 10, action: 'tools.call' })).items).toHaveLength(1);
  });
});
