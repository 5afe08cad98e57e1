import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createGate, openMesh, type Organization, type TestMesh } from './mesh.fixture.ts';

const hasPostgres = (process.env['DATABASE_URL'] ?? '') !== '';

let mesh: TestMesh;
let own: Organization;
beforeAll(async () => {
  if (hasPostgres) mesh = await openMesh();
});
afterAll(async () => {
  if (hasPostgres) await mesh.close();
});

const done = { outcome: 'completed', result: {} } as const;

/** Runs `first` in a transaction that stays open until `second`, run beside it, has come as far as `until` says. */
async function interleave<First, Second>(
  first: (tx: Tx) => Promise<First>,
  second: () => Promise<Second>,
  until: (other: Promise<Second>) => Promise<unknown>,
): Promise<[First, Second]> {
  const [inside, gate] = [createGate(), createGate()];
  const one = mesh.database.tenant(own.tenantId, async (tx) => {
    const result = await first(tx);
    inside.open();
    await gate.opened;
    return result;
  });
  await inside.opened;
  const other = second();
  try {
    await until(other);
  } finally {
    gate.open();
  }
  return Promise.all([one, other]);
}

const finished = <Result>(other: Promise<Result>): Promise<Result> => other;
const waiting = async (): Promise<void> => {
  await expect.poll(countWaiting, { timeout: 10_000 }).toBe(1);
};

async function countWaiting(): Promise<number> {
  const { rows } = await mesh.database.tenant(own.tenantId, (tx) =>
    sql<{ count: number }>`
      select count(*) as count from pg_locks l
      where not l.granted and exists (
        select 1 from pg_locks held join pg_database d on d.oid = held.database
        where held.pid = l.pid and d.datname = current_database())`.execute(tx),
  );
  return rows[0]!.count;
}

describe.skipIf(!hasPostgres)('transactions at once (needs several connections: set DATABASE_URL)', () => {
  test('two tasks created for the one place of an agent: one gets it, the other waits', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const { tenantId } = own;
    const request = { title: 'first', description: '', capability: 'review', priority: 5, input: {} };
    const [one, other] = await interleave(
      (tx) => mesh.tasks.createIn(tx, { tenantId, actor: 'system:test', request, source: 'api' }),
      () => own.task(),
      waiting,
    );
    expect([one.status, other.status]).toStrictEqual(['assigned', 'pending']);
    expect((await agent.read()).runningTasks).toBe(1);
  });

  test('many tasks created for few places never overfill an agent [tasks.assign]', async () => {
    own = await mesh.organization();
    const agents = [await own.agent({ maximumTasks: 2 }), await own.agent({ maximumTasks: 1 })];
    for (const agent of agents) await agent.beat();
    const tasks = await Promise.all(Array.from({ length: 10 }, () => own.task()));
    expect(tasks.filter(({ status }) => status === 'assigned')).toHaveLength(3);
    const running = await Promise.all(agents.map(async (agent) => (await agent.read()).runningTasks));
    expect(running).toStrictEqual([2, 1]);
  });

  test('whoever assigns passes over tasks that another is assigning, without waiting for it', async () => {
    own = await mesh.organization();
    const [ann, bob] = [await own.agent({ capabilities: ['a'] }), await own.agent({ capabilities: ['a'] })];
    for (const agent of [ann, bob]) await agent.beat();
    await own.age(61);
    const [urgent, next] = [
      await own.task({ capability: 'a', priority: 9 }),
      await own.task({ capability: 'a', priority: 1 }),
    ];
    for (const agent of [ann, bob]) await agent.beat();
    await interleave(
      (tx) => mesh.tasks.assignPending(tx, { agentId: ann.id }),
      () => mesh.database.tenant(own.tenantId, (tx) => mesh.tasks.assignPending(tx, { agentId: bob.id })),
      finished,
    );
    expect(await own.read(urgent.id)).toMatchObject({ agentId: ann.id, fence: 1 });
    expect(await own.read(next.id)).toMatchObject({ agentId: bob.id, fence: 1 });
  });

  test('several sweepers at once take every lapsed task back once and assign it once', async () => {
    own = await mesh.organization();
    const agents = await Promise.all([1, 2, 3].map(() => own.agent({ maximumTasks: 10 })));
    for (const agent of agents) await agent.beat();
    const tasks = await Promise.all(Array.from({ length: 24 }, () => own.task()));
    await Promise.all(tasks.map(({ id }) => own.expire(id)));
    const sweeps = await Promise.all([mesh.tasks.sweep(), mesh.tasks.sweep(), mesh.tasks.sweep()]);
    await mesh.tasks.sweep();
    expect(sweeps.map(({ failed }) => failed)).toStrictEqual([0, 0, 0]);
    const after = await Promise.all(tasks.map(({ id }) => own.read(id)));
    expect(after.map(({ status, fence, attempts }) => ({ status, fence, attempts }))).toStrictEqual(
      tasks.map(() => ({ status: 'assigned', fence: 2, attempts: 2 })),
    );
    expect(await own.events('task.assigned')).toHaveLength(48);
    const running = await Promise.all(agents.map(async (agent) => (await agent.read()).runningTasks));
    expect(running.reduce((sum, count) => sum + count, 0)).toBe(24);
  });

  test('an owner that completes while its lease is taken back: one of the two happens', async () => {
    own = await mesh.organization();
    const agents = await Promise.all(Array.from({ length: 8 }, () => own.agent()));
    for (const agent of agents) await agent.beat();
    const tasks = await Promise.all(agents.map(() => own.task()));
    for (const { id } of tasks) await own.expire(id);
    const owner = new Map(agents.map((agent) => [agent.id, agent]));
    const completions = tasks.map((task) =>
      mesh.tasks.complete(owner.get(task.agentId!)!.principal, task.id, { fence: 1, ...done }),
    );
    const [answers] = await Promise.all([Promise.allSettled(completions), mesh.tasks.sweep()]);
    const rows = await Promise.all(tasks.map(({ id }) => own.read(id)));
    expect(answers.map(({ status }) => status === 'fulfilled')).toStrictEqual(
      rows.map(({ status }) => status === 'completed'),
    );
    const refusals = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason as unknown);
    for (const reason of refusals) expect(reason).toMatchObject({ code: 'stale_fence' });
    const assigned = (await mesh.tasks.list(own.admin, { limit: 50, status: 'assigned' })).items.length;
    const running = await Promise.all(agents.map(async (agent) => (await agent.read()).runningTasks));
    expect(running.reduce((sum, count) => sum + count, 0)).toBe(assigned);
  });

  test('two sessions of an agent that arrive at once are one arrival', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    const [inside, gate] = [createGate(), createGate()];
    const first = mesh.agents.beat(agent.principal, { sessionId: 'first', leaving: false }, () => {
      inside.open();
      return gate.opened;
    });
    await inside.opened;
    const second = agent.beat('second');
    await waiting().finally(gate.open);
    await Promise.all([first, second]);
    expect(await own.events('agent.online')).toHaveLength(1);
  });

  test('agents that take tasks from each other in both directions never lock each other for good', async () => {
    own = await mesh.organization();
    const [ann, bob] = [await own.agent({ maximumTasks: 4 }), await own.agent({ maximumTasks: 4 })];
    for (const agent of [ann, bob]) await agent.beat();
    const tasks = await Promise.all(Array.from({ length: 4 }, () => own.task()));
    const moves = tasks.flatMap(({ id }) => [ann, bob].map((agent) => mesh.tasks.assign(own.admin, id, agent.id)));
    await Promise.all(moves);
    for (const { id } of tasks) expect((await own.read(id)).fence).toBe(3);
    const running = (await ann.read()).runningTasks + (await bob.read()).runningTasks;
    expect(running).toBe(4);
  });
});
