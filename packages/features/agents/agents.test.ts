import { operations } from '@devmesh/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noCommit, openMesh, type Organization, type TestMesh } from '../tasks/mesh.fixture.ts';
import { agentRoutes } from './index.ts';

let mesh: TestMesh;
let organization: Organization;
beforeAll(async () => {
  mesh = await openMesh();
  organization = await mesh.organization();
});
afterAll(() => mesh.close());

const reviewer = { name: 'reviewer', description: 'reads', capabilities: ['review', 'a', 'review'], maximumTasks: 2 };

describe('declaring an agent', () => {
  test('keeps what it can do, once each, and begins offline', async () => {
    const agent = await mesh.agents.create(organization.admin, reviewer, noCommit);
    expect(agent).toMatchObject({ capabilities: ['a', 'review'], online: false, runningTasks: 0, lastSeenAt: null });
    expect(await organization.auditActions()).toContain('key agents.create');
  });

  test('refuses a name that is taken in the organization, and only there', async () => {
    const other = await mesh.organization();
    await mesh.agents.create(other.admin, { ...reviewer, name: 'twice' }, noCommit);
    await expect(mesh.agents.create(other.admin, { ...reviewer, name: 'twice' }, noCommit)).rejects.toMatchObject({
      code: 'conflict',
    });
    await expect(
      mesh.agents.create(organization.admin, { ...reviewer, name: 'twice' }, noCommit),
    ).resolves.toBeDefined();
  });

  test('stores nothing where its answer cannot be remembered', async () => {
    const own = await mesh.organization();
    const failing = (): Promise<void> => Promise.reject(new Error('no room for the answer'));
    await expect(mesh.agents.create(own.admin, reviewer, failing)).rejects.toThrow('no room');
    expect((await mesh.agents.list(own.admin, { limit: 10 })).items).toStrictEqual([]);
    expect(await own.auditActions()).toStrictEqual([]);
  });
});

describe('the list', () => {
  test('pages newest first and shows only the own organization', async () => {
    const own = await mesh.organization();
    const ids: string[] = [];
    for (let index = 0; index < 3; index++) ids.unshift((await own.agent()).id);
    const first = await mesh.agents.list(own.admin, { limit: 2 });
    const second = await mesh.agents.list(own.admin, { limit: 2, cursor: first.nextCursor });
    expect([...first.items, ...second.items].map(({ id }) => id)).toStrictEqual(ids);
    expect(second.nextCursor).toBeUndefined();
  });

  test('counts the tasks that an agent works on', async () => {
    const own = await mesh.organization();
    const agent = await own.agent({ maximumTasks: 2 });
    await agent.beat();
    await own.task();
    await own.task();
    expect((await mesh.agents.list(own.admin, { limit: 1 })).items[0]).toMatchObject({ online: true, runningTasks: 2 });
  });
});

describe('presence', () => {
  test('only the key of an agent can beat, and only for an agent of its organization', async () => {
    const beat = { sessionId: 's', leaving: false };
    await expect(mesh.agents.beat(organization.admin, beat, noCommit)).rejects.toMatchObject({ code: 'forbidden' });
    const stranger = await (await mesh.organization()).agent();
    const forged = { ...organization.admin, agentId: stranger.id };
    await expect(mesh.agents.beat(forged, beat, noCommit)).rejects.toMatchObject({ code: 'forbidden' });
    expect((await stranger.read()).online).toBe(false);
  });

  test('an arrival is announced once, however many sessions and beats follow', async () => {
    const own = await mesh.organization();
    const agent = await own.agent();
    expect((await agent.beat('one')).online).toBe(true);
    await agent.beat('one');
    await agent.beat('two');
    expect(await own.events('agent.online')).toMatchObject([{ subjectId: agent.id, data: { agentId: agent.id } }]);
  });

  test('an agent is given tasks for what its sessions offer of what it can do [tasks.assign]', async () => {
    const own = await mesh.organization();
    const agent = await own.agent({ capabilities: ['deploy', 'review'], maximumTasks: 9 });
    expect((await agent.beat('one', ['deploy', 'unheard-of'])).offered).toStrictEqual(['deploy']);
    const statusOf = async (capability: string) => (await own.task({ capability })).status;
    expect([await statusOf('review'), await statusOf('deploy')]).toStrictEqual(['pending', 'assigned']);
    expect((await agent.read()).runningTasks).toBe(1);
    // A session that says nothing offers all, and what waited is given to it.
    expect((await agent.beat('two')).offered).toStrictEqual(['deploy', 'review']);
    expect((await agent.read()).runningTasks).toBe(2);
    expect((await agent.leave('two')).offered).toStrictEqual(['deploy']);
    expect(await statusOf('review')).toBe('pending');
    await own.age(61);
    expect((await agent.read()).offered).toStrictEqual([]);
  });

  test('an agent is offline when its last session has left, not before', async () => {
    const own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat('one');
    await agent.beat('two');
    expect((await agent.leave('one')).online).toBe(true);
    expect(await own.events('agent.offline')).toHaveLength(0);
    expect((await agent.leave('two')).online).toBe(false);
    await agent.leave('two');
    expect(await own.events('agent.offline')).toHaveLength(1);
    expect((await agent.read()).lastSeenAt).toBeInstanceOf(Date);
  });

  test('an agent that falls silent is offline after 60 seconds, announced once, and remembered as last seen [agents.presence]', async () => {
    const own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    await own.age(58);
    expect((await agent.read()).online).toBe(true);
    expect(await mesh.agents.sweepOffline(own.tenantId)).toBe(0);
    await own.age(3);
    const silent = await agent.read();
    expect(silent.online).toBe(false);
    expect(await mesh.agents.sweepOffline(own.tenantId)).toBe(1);
    expect(await mesh.agents.sweepOffline(own.tenantId)).toBe(0);
    expect(await own.events('agent.offline')).toMatchObject([{ subjectId: agent.id }]);
    expect((await agent.read()).lastSeenAt).toStrictEqual(silent.lastSeenAt);
  });

  test('one silent session of two takes nobody offline', async () => {
    const own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat('silent');
    await own.age(61);
    await agent.beat('alive');
    expect(await mesh.agents.sweepOffline(own.tenantId)).toBe(0);
    expect((await agent.read()).online).toBe(true);
    expect((await agent.leave('alive')).online).toBe(false);
    expect(await own.events('agent.offline')).toHaveLength(1);
  });

  test('sessions that come and go at once are announced as one arrival and one departure', async () => {
    const own = await mesh.organization();
    const agent = await own.agent();
    const sessions = ['1', '2', '3', '4'];
    await Promise.all(sessions.map((session) => agent.beat(session)));
    expect(await own.events('agent.online')).toHaveLength(1);
    await own.age(61);
    await Promise.all(sessions.map(() => mesh.agents.sweepOffline(own.tenantId)));
    expect(await own.events('agent.offline')).toHaveLength(1);
    await Promise.all(sessions.map((session) => agent.beat(session)));
    await Promise.all(sessions.map((session) => agent.leave(session)));
    expect(await own.events('agent.offline')).toHaveLength(2);
  });
});

test('the routes answer as declared and remember a creation in its transaction', async () => {
  const own = await mesh.organization();
  const routes = agentRoutes({ agents: mesh.agents, tasks: mesh.tasks });
  const remembered: unknown[] = [];
  const call = (operation: { readonly id: string }, parts: object): Promise<unknown> => {
    const found = routes.find((route) => route.operation.id === operation.id)!;
    return found.handle({
      request: new Request('http://mesh/'),
      signal: new AbortController().signal,
      headers: new Headers(),
      principal: own.admin,
      remember: (_tx, result) => Promise.resolve(void remembered.push(result)),
      header: () => null,
      rawBody: undefined,
      params: undefined,
      query: undefined,
      body: undefined,
      ...parts,
    });
  };
  const { createAgent, listAgents, beat } = operations.agents;
  const created = createAgent.response.parse(await call(createAgent, { body: reviewer }));
  expect(remembered).toStrictEqual([created]);
  const waiting = await own.task();
  const here = await call(beat, {
    principal: { ...own.admin, agentId: created.id },
    body: { sessionId: 's', leaving: false },
  });
  expect(beat.response.parse(here)).toMatchObject({ status: 'online', runningTasks: 1 });
  expect((await own.read(waiting.id)).agentId).toBe(created.id);
  const page = listAgents.response.parse(await call(listAgents, { query: { limit: 10 } }));
  expect(page.items.map(({ id }) => id)).toStrictEqual([created.id]);
});
