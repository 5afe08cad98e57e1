import { newId } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTasks, createTaskSweeper } from './index.ts';
import { createGate, openMesh, type Organization, type TestMesh } from './mesh.fixture.ts';

let mesh: TestMesh;
let own: Organization;
beforeAll(async () => {
  mesh = await openMesh();
});
afterAll(() => mesh.close());

const done = { outcome: 'completed', result: {} } as const;

describe('a sweep', () => {
  test('gives a task whose lease ran out to another agent and refuses the late owner [tasks.lease]', async () => {
    own = await mesh.organization();
    const ann = await own.agent();
    await ann.beat();
    const task = await own.task();
    await ann.leave();
    await own.expire(task.id);
    await mesh.tasks.sweep();
    expect(await own.read(task.id)).toMatchObject({ status: 'pending', agentId: ann.id, fence: 1 });
    await expect(mesh.tasks.complete(ann.principal, task.id, { fence: 1, ...done })).rejects.toMatchObject({
      code: 'stale_fence',
    });
    const bob = await own.agent();
    await bob.beat();
    expect(await own.read(task.id)).toMatchObject({ status: 'assigned', agentId: bob.id, fence: 2, attempts: 2 });
    await expect(mesh.tasks.complete(ann.principal, task.id, { fence: 1, ...done })).rejects.toMatchObject({
      code: 'stale_fence',
    });
    await expect(mesh.tasks.complete(bob.principal, task.id, { fence: 2, ...done })).resolves.toMatchObject({
      status: 'completed',
    });
    expect((await ann.read()).runningTasks).toBe(0);
    expect(await own.auditActions()).toContain('system tasks.lapse');
  });

  test('leaves a lease alone that still runs', async () => {
    own = await mesh.organization();
    await (await own.agent()).beat();
    const task = await own.task();
    await mesh.tasks.sweep();
    expect(await own.read(task.id)).toStrictEqual(task);
  });

  test('fails a task after five lapsed leases, with the reason, and frees its agent', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    const task = await own.task();
    for (let attempt = 1; attempt <= 5; attempt++) {
      expect(await own.read(task.id)).toMatchObject({ status: 'assigned', attempts: attempt, fence: attempt });
      await own.expire(task.id);
      await mesh.tasks.sweep();
    }
    const failed = await own.read(task.id);
    expect(failed).toMatchObject({ status: 'failed', attempts: 5, leaseExpiresAt: null });
    expect(failed.error).toContain('5 times');
    expect(await own.events('task.failed')).toMatchObject([{ subjectId: task.id, data: { error: failed.error } }]);
    await expect(mesh.tasks.complete(agent.principal, task.id, { fence: 5, ...done })).rejects.toMatchObject({
      code: 'invalid_state',
    });
    expect((await agent.read()).runningTasks).toBe(0);
    expect((await own.task()).status).toBe('assigned');
  });

  test('takes silent agents offline, who then get nothing more', async () => {
    own = await mesh.organization();
    const silent = await own.agent();
    await silent.beat();
    await own.age(61);
    const task = await own.task();
    await mesh.tasks.sweep();
    expect(await own.events('agent.offline')).toMatchObject([{ subjectId: silent.id }]);
    expect((await own.read(task.id)).status).toBe('pending');
  });

  test('assigns a task that came to wait while an able agent had room', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    await own.age(61);
    const task = await own.task();
    expect(task.status).toBe('pending');
    await agent.beat();
    await mesh.tasks.sweep();
    expect(await own.read(task.id)).toMatchObject({ status: 'assigned', agentId: agent.id });
  });

  test('is not held up by tasks that nobody can do', async () => {
    own = await mesh.organization();
    for (let index = 0; index < 3; index++) await own.task({ capability: 'juggle', priority: 9 });
    const agent = await own.agent();
    await agent.beat();
    await own.age(61);
    const task = await own.task({ priority: 0 });
    await agent.beat();
    await mesh.tasks.sweep();
    expect((await own.read(task.id)).status).toBe('assigned');
  });

  test('continues the trace of the work that created the task', async () => {
    own = await mesh.organization();
    const agent = await own.agent();
    await agent.beat();
    await own.age(61);
    const { tracer } = mesh.telemetry;
    let traceId: string | undefined;
    const task = await tracer.span('a webhook', {}, () => {
      traceId = tracer.traceId();
      return own.task();
    });
    await agent.beat();
    await mesh.tasks.sweep();
    expect(traceId).toBeDefined();
    expect(await own.events('task.assigned')).toMatchObject([{ subjectId: task.id, traceId }]);
    const { items } = await mesh.audit.list(own.tenantId, { limit: 10, traceId });
    expect(items.map(({ action }) => action)).toStrictEqual(['tasks.assign', 'tasks.create']);
  });

  test('goes on with the next organization where one fails, and says so', async () => {
    const [broken, whole] = [await mesh.organization(), await mesh.organization()];
    const tasks: string[] = [];
    for (const organization of [broken, whole]) {
      await (await organization.agent()).beat();
      const task = await organization.task();
      await organization.expire(task.id);
      tasks.push(task.id);
    }
    const failing = createTasks({
      ...mesh,
      newId,
      audit: {
        ...mesh.audit,
        record: (tx, fact) =>
          fact.subject === tasks[0] ? Promise.reject(new Error('no trail')) : mesh.audit.record(tx, fact),
      },
    });
    const clock = fakeClock();
    const sweeper = createTaskSweeper({ tasks: failing, clock, telemetry: mesh.telemetry });
    await sweeper.start();
    await expect.poll(() => clock.sleepers()).toBe(1);
    await sweeper.stop();
    expect(await sweeper.ready()).toMatchObject({ reason: expect.stringContaining('1 organization') });
    expect(await broken.read(tasks[0]!)).toMatchObject({ status: 'assigned', fence: 1 });
    expect(await whole.read(tasks[1]!)).toMatchObject({ status: 'assigned', fence: 2 });
    await mesh.tasks.sweep();
    expect(await broken.read(tasks[0]!)).toMatchObject({ fence: 2 });
  });
});

describe('the sweeper', () => {
  test('sweeps at its start and then at every interval until it is stopped', async () => {
    const clock = fakeClock();
    let sweeps = 0;
    const tasks = {
      sweep: async () => {
        sweeps += 1;
        return mesh.tasks.sweep();
      },
    };
    const sweeper = createTaskSweeper({ tasks, clock, telemetry: mesh.telemetry, intervalMilliseconds: 2_000 });
    await sweeper.start();
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(sweeps).toBe(1);
    expect(await sweeper.ready()).toStrictEqual({ ready: true });
    await clock.advance(1_999);
    expect(sweeps).toBe(1);
    await clock.advance(1);
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(sweeps).toBe(2);
    await sweeper.stop();
    await sweeper.stop();
    await clock.advance(10_000);
    expect(sweeps).toBe(2);
  });

  test('finishes the sweep it is in before it stops', async () => {
    const [inside, gate] = [createGate(), createGate()];
    let finished = false;
    const tasks = {
      sweep: async () => {
        inside.open();
        await gate.opened;
        const swept = await mesh.tasks.sweep();
        finished = true;
        return swept;
      },
    };
    const sweeper = createTaskSweeper({ tasks, clock: fakeClock(), telemetry: mesh.telemetry });
    await sweeper.start();
    await inside.opened;
    const stopped = sweeper.stop();
    gate.open();
    await stopped;
    expect(finished).toBe(true);
  });

  test('survives a failed sweep, says why it is not ready, and sweeps again', async () => {
    const clock = fakeClock();
    let sweeps = 0;
    const tasks = {
      sweep: () => {
        sweeps += 1;
        return sweeps === 1 ? Promise.reject(new Error('the database is away')) : mesh.tasks.sweep();
      },
    };
    const sweeper = createTaskSweeper({ tasks, clock, telemetry: mesh.telemetry });
    await sweeper.start();
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(await sweeper.ready()).toMatchObject({ ready: false, reason: expect.stringContaining('database is away') });
    await clock.advance(3_000);
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(await sweeper.ready()).toStrictEqual({ ready: true });
    await sweeper.stop();
  });

  test('as it runs in a process returns lapsed tasks by itself', async () => {
    own = await mesh.organization();
    await (await own.agent()).beat();
    const task = await own.task();
    await own.expire(task.id);
    const clock = fakeClock();
    const sweeper = createTaskSweeper({ tasks: mesh.tasks, clock, telemetry: mesh.telemetry });
    await sweeper.start();
    await expect.poll(() => clock.sleepers()).toBe(1);
    expect(await own.read(task.id)).toMatchObject({ status: 'assigned', fence: 2 });
    await sweeper.stop();
  });
});
