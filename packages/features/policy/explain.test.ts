import { scopesOfKeyType } from '@devmesh/api';
import { MeshError, newId } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '../identity/index.ts';
import { openToolsBench, type ToolsBench } from '../tools/tools.fixture.ts';
import { explain, type ExplainRequest, type PrincipalDirectory } from './explain.ts';

let bench: ToolsBench;
let admin: Principal;
let confined: Principal;
beforeAll(async () => {
  bench = await openToolsBench();
  admin = { ...(await bench.newPrincipal()), scopes: scopesOfKeyType.admin };
  await bench.importByUrl(admin);
  confined = {
    ...admin,
    keyId: newId(),
    scopes: scopesOfKeyType.user,
    keyType: 'user',
    tools: { allow: ['issues_get*'], deny: [] },
  };
});
afterAll(() => bench.close());

const directory: PrincipalDirectory = {
  principalOfKey: (_tenantId, keyId) =>
    keyId === confined.keyId
      ? Promise.resolve(confined)
      : Promise.reject(new MeshError('not_found', 'There is no key.')),
  users: { get: (_principal, id) => Promise.resolve({ id, role: 'auditor' }) },
};
const ask = (asker: Principal, request: ExplainRequest) =>
  explain({ policy: bench.policy, tools: bench.tools.directory, identity: directory }, asker, request);
const permitAll = '@id("all") permit(principal, action, resource);';

describe('an explanation', () => {
  test('says what every layer says, in order, and what decides [policy.explains]', async () => {
    const { verdicts, ...rest } = await ask(confined, { name: 'issues_createIssue' });
    expect(rest).toMatchObject({
      allowed: false,
      reason: 'key_tools',
      rule: 'allow issues_get*',
      kind: 'tool',
      subject: 'you',
    });
    expect(verdicts.map(({ layer, allowed }) => [layer, allowed])).toEqual([
      ['scope', true],
      ['key_tools', false],
      ['flags', true],
      ['policy', true],
      ['credential', true],
    ]);
    expect(await ask(confined, { name: 'issues_getIssue' })).toMatchObject({
      allowed: true,
      reason: 'credential_missing',
    });
  });

  test('is about platform tools in either spelling, and about operations', async () => {
    for (const name of ['devmesh.task.create', 'devmesh_task_create', 'tasks.create']) {
      expect(await ask(admin, { name })).toMatchObject({ kind: 'operation', allowed: true });
    }
    expect(await ask(confined, { name: 'identity.createKey' })).toMatchObject({ allowed: false, reason: 'key_type' });
  });

  test('names what looks like an unknown name', async () => {
    expect(await ask(admin, { name: 'issues_createIsue' })).toMatchObject({
      allowed: false,
      kind: 'unknown',
      reason: 'unknown_tool',
      nearest: expect.arrayContaining(['issues_createIssue']),
    });
    expect(await ask(admin, { name: 'tasks.craete' })).toMatchObject({
      reason: 'unknown_operation',
      nearest: expect.arrayContaining(['tasks.create']),
    });
    expect((await ask(admin, { name: 'qqqq' })).nearest).toEqual([]);
  });

  test('is about others only for those who may read policies, and people', async () => {
    const mine = { name: 'issues_createIssue' };
    await expect(ask(confined, { ...mine, as: { role: 'owner' } })).rejects.toMatchObject({ code: 'forbidden' });
    await expect(
      ask({ ...admin, scopes: ['policy:read'] }, { ...mine, as: { userId: newId() } }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    expect(await ask(admin, { ...mine, as: { role: 'auditor' } })).toMatchObject({
      allowed: false,
      reason: 'role_missing',
      subject: 'role:auditor',
    });
    expect(await ask(admin, { ...mine, as: { userId: newId() } })).toMatchObject({ reason: 'role_missing' });
    expect(await ask(admin, { ...mine, as: { keyId: confined.keyId } })).toMatchObject({ reason: 'key_tools' });
    await expect(ask(admin, { ...mine, as: { keyId: newId() } })).rejects.toMatchObject({ code: 'not_found' });
  });

  test('tells what depends on arguments, and decides where they are given, as the call does', async () => {
    const own = { ...(await bench.newPrincipal()), scopes: scopesOfKeyType.admin };
    await bench.importByUrl(own);
    const text = `${permitAll} @id("no-main") forbid(principal, action, resource)
      when { context.arguments.hasTag("title") && context.arguments.getTag("title") == "x" };`;
    await bench.policy.set(own, { text, tests: [], calls: [], expectedRevision: 0 });
    const name = 'issues_createIssue';
    expect(await ask(own, { name })).toMatchObject({
      allowed: true,
      reason: 'may_depend_on_arguments',
      argumentsAsked: false,
      revision: 1,
    });
    expect(await ask(own, { name, arguments: { title: 'x' } })).toMatchObject({
      allowed: false,
      reason: 'policy_forbids',
      rule: 'no-main',
      argumentsAsked: true,
    });
    await expect(bench.call(own, name, { title: 'x' })).rejects.toMatchObject({ denial: { rule: 'no-main' } });
  });
});
