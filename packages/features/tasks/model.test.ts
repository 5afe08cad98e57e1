import * as fc from 'fast-check';
import { MeshError } from '@devmesh/foundation';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openMesh, type Organization, type TestAgent, type TestMesh } from './mesh.fixture.ts';
import { isFinished } from './rules.ts';
import type { TaskRow } from './store.ts';

let mesh: TestMesh;
beforeAll(async () => {
  mesh = await openMesh();
});
afterAll(() => mesh.close());

type Command =
  | { kind: 'create'; capability: 'a' | 'b'; priority: number }
  | { kind: 'complete'; claim: number; ok: boolean }
  | { kind: 'renew'; claim: number }
  | { kind: 'expire'; task: number }
  | { kind: 'assign'; task: number; agent: number | undefined }
  | { kind: 'beat'; agent: number }
  | { kind: 'leave'; agent: number };

const index = fc.nat(30);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('create' as const),
      capability: fc.constantFrom('a' as const, 'b' as const),
      priority: fc.nat(9),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('complete' as const), claim: index, ok: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('renew' as const), claim: index }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('expire' as const), task: index }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('assign' as const),
      task: index,
      agent: fc.option(fc.nat(2), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('beat' as const), agent: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), agent: fc.nat(2) }) },
);

/** An assignment that somebody was once given. */
interface Claim {
  readonly taskId: string;
  readonly agent: TestAgent;
  readonly fence: number;
}

interface World {
  readonly own: Organization;
  readonly agents: readonly TestAgent[];
  readonly claims: Claim[];
  tasks: readonly TaskRow[];
}

// oxlint-disable-next-line vitest/expect-expect -- checkHistory and checkLoad hold the assertions
test('whatever happens in whatever order, a task has one owner, ends once, and nobody has more than fits [tasks.one-owner]', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 25 }), async (commands) => {
      const world = await begin();
      for (const next of commands) {
        const before = world.tasks;
        await attempt(() => carryOut(world, next));
        world.tasks = await readTasks(world.own);
        checkHistory(world, before, next);
        await checkLoad(world);
        remember(world);
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);

async function begin(): Promise<World> {
  const own = await mesh.organization();
  const agents = [
    await own.agent({ capabilities: ['a'], maximumTasks: 1 }),
    await own.agent({ capabilities: ['a', 'b'], maximumTasks: 2 }),
    await own.agent({ capabilities: ['b'], maximumTasks: 1 }),
  ];
  await agents[0]?.beat();
  await agents[1]?.beat();
  return { own, agents, claims: [], tasks: [] };
}

/** Refusals are part of the game; anything else is a failure. */
async function attempt(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const refusals = ['stale_fence', 'invalid_state', 'forbidden', 'unavailable'];
    if (!(error instanceof MeshError) || !refusals.includes(error.code)) throw error;
  }
}

async function carryOut({ own, agents, claims, tasks }: World, next: Command): Promise<void> {
  if (next.kind === 'create') await own.task(next);
  else if (next.kind === 'beat') await agents[next.agent]?.beat();
  else if (next.kind === 'leave') await agents[next.agent]?.leave();
  else if (next.kind === 'complete') await complete(pick(claims, next.claim), next.ok);
  else if (next.kind === 'renew') await renew(pick(claims, next.claim));
  else await disturb({ own, agents, task: pick(tasks, next.task) }, next);
}

async function complete(claim: Claim | undefined, ok: boolean): Promise<void> {
  if (claim === undefined) return;
  const { taskId, agent, fence } = claim;
  await mesh.tasks.complete(agent.principal, taskId, { fence, outcome: ok ? 'completed' : 'failed', result: {} });
}

async function renew(claim: Claim | undefined): Promise<void> {
  if (claim !== undefined) await mesh.tasks.renew(claim.agent.principal, claim.taskId, claim.fence);
}

async function disturb(
  { own, agents, task }: { own: Organization; agents: readonly TestAgent[]; task: TaskRow | undefined },
  next: Extract<Command, { kind: 'expire' | 'assign' }>,
): Promise<void> {
  if (task === undefined) return;
  if (next.kind === 'assign') {
    await mesh.tasks.assign(own.admin, task.id, next.agent === undefined ? undefined : agents[next.agent]?.id);
    return;
  }
  await own.expire(task.id);
  await mesh.tasks.sweep();
}

function pick<Item>(items: readonly Item[], at: number): Item | undefined {
  return items[at % Math.max(1, items.length)];
}

async function readTasks(own: Organization): Promise<readonly TaskRow[]> {
  return (await mesh.tasks.list(own.admin, { limit: 200 })).items;
}

function checkHistory({ claims, tasks }: World, before: readonly TaskRow[], next: Command): void {
  for (const old of before) {
    const now = find(tasks, old.id);
    const wasFinished = isFinished(old);
    expect(wasFinished ? now : old).toStrictEqual(old);
    expect(now.fence).toBeGreaterThanOrEqual(old.fence + (now.agentId === old.agentId ? 0 : 1));
    const finisher = next.kind === 'complete' && !wasFinished && isFinished(now) ? pick(claims, next.claim) : undefined;
    const { taskId, fence, agent } = finisher ?? { taskId: old.id, fence: old.fence, agent: { id: old.agentId } };
    expect([taskId, fence, agent.id]).toStrictEqual([old.id, old.fence, old.agentId]);
  }
}

function find(tasks: readonly TaskRow[], taskId: string): TaskRow {
  const task = tasks.find(({ id }) => id === taskId);
  if (task === undefined) throw new Error(`the task ${taskId} vanished`);
  return task;
}

async function checkLoad({ agents, tasks }: World): Promise<void> {
  for (const agent of agents) {
    const { runningTasks, maximumTasks } = await agent.read();
    const held = tasks.filter(({ status, agentId }) => status === 'assigned' && agentId === agent.id).length;
    expect(runningTasks).toBe(held);
    expect(runningTasks).toBeLessThanOrEqual(maximumTasks);
  }
}

function remember({ claims, tasks, agents }: World): void {
  for (const task of tasks) {
    const agent = agents.find(({ id }) => id === task.agentId);
    if (agent === undefined || claims.some(({ taskId, fence }) => taskId === task.id && fence === task.fence)) continue;
    claims.push({ taskId: task.id, agent, fence: task.fence });
  }
}
