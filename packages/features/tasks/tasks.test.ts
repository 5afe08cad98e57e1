import { operations } from '@devmesh/api';
import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { taskRoutes } from './index.ts';
import { noCommit, openMesh, type Organization, type TestMesh } from './mesh.fixture.ts';

let mesh: TestMesh;
let own: Organization;
beforeAll(async () => {
  mesh = await openMesh();
});
afterAll(() => mesh.close());

const done = { outcome: 'completed', result: { files: 2 } } as const;

describe('creating', () => {
  test('gives the task at once to an agent that is here, and tells it all it needs', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    expect(task).toMatchObject({ status: 'assigned', agentId: agent.id, fence: 1, attempts: 1, source: 'api' });
    expect(task.leaseExpiresAt!.getTime() - task.createdAt.getTime()).toBe(300_000);
    expect(await own.events('task.assigned')).toMatchObject([
      {
        agentId: agent.id,
        subjectId: task.id,
        data: {
          taskId: task.id,
          title: 'Look at it',
          description: 'All of it.',
          capability: 'review',
          input: { number: 7 },
          fence: 1,
          leaseExpiresAt: task.leaseExpiresAt!.toISOString(),
        },
      },
    ]);
    expect(await own.auditActions()).toStrictEqual(expect.arrayContaining(['key tasks.create', 'system tasks.assign']));
  });

  test('leaves it waiting while no able agent is here or has room [tasks.assign]', async () => {
    own = await mesh.organization();
    await own.agent();
    await (await own.agent({ capabilities: ['deploy'] })).beat();
    expect(await own.task()).toMatchObject({ status: 'pending', agentId: null, fence: 0, leaseExpiresAt: null });
    await (await own.agent()).beat();
    expect(await own.task()).toMatchObject({ status: 'pending' });
    expect(await own.events('task.created')).toHaveLength(2);
  });

  test('chooses the least loaded agent', async () => {
    own = await mesh.organization();
    const busy = await own.agent({ maximumTasks: 2 });
    await busy.beat();
    await own.task();
    const idle = await own.agent({ maximumTasks: 2 });
    await idle.beat();
    expect((await own.task()).agentId).toBe(idle.id);
  });

  test('stores nothing where its answer cannot be remembered', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const request = { title: 't', description: '', capability: 'review', priority: 5, input: {} };
    const failing = (): Promise<void> => Promise.reject(new Error('no room for the answer'));
    await expect(mesh.tasks.create(own.admin, request, failing)).rejects.toThrow('no room');
    expect((await mesh.tasks.list(own.admin, { limit: 10 })).items).toStrictEqual([]);
    expect((await agent.read()).runningTasks).toBe(0);
    expect(await own.events('task.created')).toStrictEqual([]);
  });

  test('works inside the transaction of another feature', async () => {
    own = await mesh.organization();
    const { tenantId } = own;
    const request = { title: 'push', description: '', capability: 'review', priority: 9, input: { ref: 'main' } };
    const task = await mesh.database.tenant(tenantId, (tx) =>
      mesh.tasks.createIn(tx, { tenantId, actor: 'system:webhook', request, source: 'webhook' }),
    );
    expect(await own.read(task.id)).toMatchObject({ source: 'webhook', input: { ref: 'main' }, status: 'pending' });
    expect(await own.auditActions()).toStrictEqual(['system tasks.create']);
  });
});

describe('an agent that arrives', () => {
  test('gets what waits for it, the most urgent first, as far as it has room', async () => {
    own = await mesh.organization();
    const later = await own.task({ priority: 1 });
    const other = await own.task({ capability: 'deploy', priority: 9 });
    const second = await own.task({ priority: 5 });
    const first = await own.task({ priority: 9 });
    const agent = await own.agent({ maximumTasks: 2 });
    expect((await agent.beat()).runningTasks).toBe(2);
    const states = await Promise.all([first, second, later, other].map(({ id }) => own.read(id)));
    expect(states.map(({ status }) => status)).toStrictEqual(['assigned', 'assigned', 'pending', 'pending']);
  });
});

describe('completing', () => {
  test('finishes the task, frees the agent and gives it the next one in the same transaction', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    const next = await own.task();
    const finished = await mesh.tasks.complete(agent.principal, task.id, { fence: 1, ...done });
    expect(finished).toMatchObject({ status: 'completed', result: { files: 2 }, error: null, leaseExpiresAt: null });
    expect(finished.finishedAt).toBeInstanceOf(Date);
    expect(await own.read(next.id)).toMatchObject({ status: 'assigned', agentId: agent.id });
    expect((await agent.read()).runningTasks).toBe(1);
    expect(await own.events('task.completed')).toMatchObject([{ data: { taskId: task.id, agentId: agent.id } }]);
    expect(await own.auditActions()).toContain('agent tasks.complete');
  });

  test('tells a failure with its reason', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    const outcome = { fence: 1, outcome: 'failed', result: {}, error: 'it does not compile' } as const;
    expect(await mesh.tasks.complete(agent.principal, task.id, outcome)).toMatchObject({
      status: 'failed',
      error: 'it does not compile',
    });
    expect(await own.events('task.failed')).toMatchObject([{ data: { error: 'it does not compile' } }]);
    expect((await agent.read()).runningTasks).toBe(0);
  });

  test('has one effect however often it is said, and none with another outcome', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    const say = (): Promise<unknown> => mesh.tasks.complete(agent.principal, task.id, { fence: 1, ...done });
    const [first, ...again] = await Promise.all([say(), say(), say()]);
    for (const answer of again) expect(answer).toStrictEqual(first);
    expect(await own.events('task.completed')).toHaveLength(1);
    expect((await agent.read()).runningTasks).toBe(0);
    await expect(
      mesh.tasks.complete(agent.principal, task.id, { fence: 1, outcome: 'failed', result: {} }),
    ).rejects.toMatchObject({ code: 'invalid_state' });
  });

  test('is refused to keys of no agent, to other agents and for unknown tasks', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    const other = await own.agent();
    const complete = (principal: typeof own.admin, taskId: string): Promise<unknown> =>
      mesh.tasks.complete(principal, taskId, { fence: 1, ...done });
    await expect(complete(own.admin, task.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(complete(other.principal, task.id)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(complete(agent.principal, newId())).rejects.toMatchObject({ code: 'not_found' });
    expect(await own.read(task.id)).toStrictEqual(task);
  });
});

describe('a task that was taken away', () => {
  test('cannot be completed or renewed by its former owner, even after it went round and came back [tasks.one-owner]', async () => {
    own = await mesh.organization();
    const [ann, bob] = [await own.agent(), await own.agent()];
    await ann.beat();
    const task = await own.task();
    await bob.beat();
    expect(await mesh.tasks.assign(own.admin, task.id, bob.id)).toMatchObject({ agentId: bob.id, fence: 2 });
    const complete = (fence: number): Promise<unknown> =>
      mesh.tasks.complete(ann.principal, task.id, { fence, ...done });
    await expect(complete(1)).rejects.toMatchObject({ code: 'stale_fence' });
    await expect(mesh.tasks.renew(ann.principal, task.id, 1)).rejects.toMatchObject({ code: 'stale_fence' });
    await mesh.tasks.assign(own.admin, task.id, ann.id);
    await expect(complete(1)).rejects.toMatchObject({ code: 'stale_fence' });
    expect(await own.read(task.id)).toMatchObject({ status: 'assigned', fence: 3, result: null });
    await expect(complete(3)).resolves.toMatchObject({ status: 'completed' });
  });

  test('frees its former owner', async () => {
    own = await mesh.organization();
    const [ann, bob] = [await own.agent(), await own.agent()];
    await ann.beat();
    const task = await own.task();
    await bob.beat();
    await mesh.tasks.assign(own.admin, task.id, undefined);
    expect(await own.read(task.id)).toMatchObject({ agentId: bob.id, fence: 2, attempts: 2 });
    expect([(await ann.read()).runningTasks, (await bob.read()).runningTasks]).toStrictEqual([0, 1]);
    expect((await own.events('task.assigned')).map((event) => event.agentId)).toStrictEqual([ann.id, bob.id]);
  });
});

describe('assigning to a particular agent', () => {
  test('is a free choice of capability, not of existence, presence or room', async () => {
    own = await mesh.organization();
    const able = await own.agent();
    await able.beat();
    const task = await own.task();
    const [offline, full, deployer] = [
      await own.agent(),
      await own.agent(),
      await own.agent({ capabilities: ['deploy'] }),
    ];
    await full.beat();
    await own.task();
    await deployer.beat();
    const assign = (agentId?: string): Promise<unknown> => mesh.tasks.assign(own.admin, task.id, agentId);
    await expect(assign(newId())).rejects.toMatchObject({ code: 'not_found' });
    await expect(assign(offline.id)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(assign(full.id)).rejects.toMatchObject({ code: 'unavailable' });
    await expect(assign()).rejects.toMatchObject({ code: 'unavailable' });
    expect(await own.read(task.id)).toStrictEqual(task);
    expect((await able.read()).runningTasks).toBe(1);
    await expect(assign(deployer.id)).resolves.toMatchObject({ agentId: deployer.id });
  });

  test('gives it to the same agent again under a new fence', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    expect(await mesh.tasks.assign(own.admin, task.id, agent.id)).toMatchObject({ agentId: agent.id, fence: 2 });
    expect((await agent.read()).runningTasks).toBe(1);
  });

  test('is refused for a finished task', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    await mesh.tasks.complete(agent.principal, task.id, { fence: 1, ...done });
    await expect(mesh.tasks.assign(own.admin, task.id, agent.id)).rejects.toMatchObject({ code: 'invalid_state' });
  });
});

test('renewing begins the lease anew, also one that ran out but was not taken back', async () => {
  own = await mesh.organization();
  const agent = await own.agent();
  await agent.beat();
  const task = await own.task();
  await own.expire(task.id);
  const renewed = await mesh.tasks.renew(agent.principal, task.id, 1);
  expect(renewed.leaseExpiresAt!.getTime()).toBeGreaterThanOrEqual(task.leaseExpiresAt!.getTime());
  expect(renewed).toMatchObject({ status: 'assigned', fence: 1, attempts: 1 });
  expect(await own.auditActions()).toContain('agent tasks.renew');
  await mesh.tasks.sweep();
  expect(await own.read(task.id)).toMatchObject({ status: 'assigned', fence: 1 });
});

describe('organizations', () => {
  test('neither see nor change each other’s tasks and agents', async () => {
    const [mine, theirs] = [await mesh.organization(), await mesh.organization()];
    const agent = await theirs.agent();
    await agent.beat();
    expect((await mine.task()).status).toBe('pending');
    const task = await theirs.task();
    await expect(mesh.tasks.get(mine.admin, task.id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(mesh.tasks.assign(mine.admin, task.id, undefined)).rejects.toMatchObject({ code: 'not_found' });
    const forged = { ...agent.principal, tenantId: mine.tenantId };
    await expect(mesh.tasks.complete(forged, task.id, { fence: 1, ...done })).rejects.toMatchObject({
      code: 'not_found',
    });
    const mineTask = (await mesh.tasks.list(mine.admin, { limit: 10 })).items;
    expect(mineTask.map(({ id }) => id)).not.toContain(task.id);
    await expect(mesh.tasks.assign(mine.admin, mineTask[0]!.id, agent.id)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('are visible to the sweep only in what tells whose work is due, and to no other job', async () => {
    const mine = await mesh.organization();
    await mine.task();
    const count = sql<{ tasks: number }>`select count(tenant_id) as tasks from mcp.tasks`;
    const seen = async (job: 'sweep' | 'health'): Promise<number> =>
      (await mesh.database.system(job, (tx) => count.execute(tx))).rows[0]!.tasks;
    expect(await seen('sweep')).toBeGreaterThan(0);
    expect(await seen('health')).toBe(0);
    await expect(mesh.database.system('sweep', (tx) => sql`select title from mcp.tasks`.execute(tx))).rejects.toThrow(
      'permission denied',
    );
    await expect(
      mesh.database.system('sweep', (tx) => sql`update mcp.tasks set status = 'pending'`.execute(tx)),
    ).rejects.toThrow('permission denied');
  });
});

test('the list pages newest first and filters by status and agent', async () => {
  own = await mesh.organization();
  const agent = await own.agent({ maximumTasks: 2 });
  await agent.beat();
  const ids: string[] = [];
  for (let index = 0; index < 4; index++) ids.unshift((await own.task()).id);
  const list = async (query: object): Promise<readonly string[]> =>
    (await mesh.tasks.list(own.admin, { limit: 10, ...query })).items.map(({ id }) => id);
  expect(await list({})).toStrictEqual(ids);
  expect(await list({ status: 'pending' })).toStrictEqual(ids.slice(0, 2));
  expect(await list({ agentId: agent.id })).toStrictEqual(ids.slice(2));
  const page = await mesh.tasks.list(own.admin, { limit: 3 });
  expect(await list({ cursor: page.nextCursor })).toStrictEqual(ids.slice(3));
  await expect(mesh.tasks.list(own.admin, { limit: 3, cursor: 'xx' })).rejects.toMatchObject({
    code: 'invalid_request',
  });
});

test('the routes answer as declared and remember a creation in its transaction', async () => {
  own = await mesh.organization();
  const agent = await own.agent();
  await agent.beat();
  const routes = taskRoutes({ tasks: mesh.tasks });
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
  const { createTask, assignTask, getTask, listTasks, renewTask, completeTask } = operations.tasks;
  const body = createTask.body.parse({ title: 'Read it', capability: 'review' });
  const created = createTask.response.parse(await call(createTask, { body }));
  expect(created).toMatchObject({ status: 'assigned', priority: 5, input: {} });
  expect(remembered).toStrictEqual([created]);
  const params = { taskId: created.id };
  const { principal } = agent;
  const assigned = assignTask.response.parse(await call(assignTask, { params, body: { agentId: agent.id } }));
  const fence = { fence: assigned.fence };
  expect(renewTask.response.parse(await call(renewTask, { principal, params, body: fence })).fence).toBe(2);
  const finish = completeTask.body.parse(fence);
  const completed = completeTask.response.parse(await call(completeTask, { principal, params, body: finish }));
  expect(completed).toMatchObject({ status: 'completed', result: {}, agentId: agent.id });
  expect(getTask.response.parse(await call(getTask, { params }))).toStrictEqual(completed);
  const page = listTasks.response.parse(await call(listTasks, { query: { limit: 10 } }));
  expect(page.items).toStrictEqual([completed]);
});

test('a creation whose commit is given sees the task as it was assigned', async () => {
  own = await mesh.organization();
  await (await own.agent()).beat();
  const seen: string[] = [];
  const request = { title: 't', description: '', capability: 'review', priority: 5, input: {} };
  await mesh.tasks.create(own.admin, request, (_tx, task) => Promise.resolve(void seen.push(task.status)));
  await mesh.tasks.create(own.admin, request, noCommit);
  expect(seen).toStrictEqual(['assigned']);
});
