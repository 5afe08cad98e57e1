import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planAssignments, rankAgents, type Candidate, type Waiting } from './ranking.ts';

const agent = (id: string, changes: Partial<Candidate> = {}): Candidate => ({
  id,
  offered: ['review'],
  runningTasks: 0,
  maximumTasks: 2,
  workedAt: null,
  ...changes,
});

const names = (agents: readonly Candidate[]): readonly string[] => agents.map(({ id }) => id);

test('the least loaded agent comes first, by the share of its room', () => {
  const half = agent('half', { runningTasks: 1, maximumTasks: 2 });
  const third = agent('third', { runningTasks: 2, maximumTasks: 6 });
  expect(names(rankAgents([half, third], 'review'))).toStrictEqual(['third', 'half']);
});

test('of equally loaded agents the longest idle comes first, one that never worked before all, then by id', () => {
  const agents = [
    agent('d', { workedAt: new Date(2000) }),
    agent('c', { workedAt: new Date(1000) }),
    agent('b'),
    agent('a', { workedAt: new Date(2000) }),
  ];
  expect(names(rankAgents(agents, 'review'))).toStrictEqual(['b', 'c', 'a', 'd']);
});

test('agents without the capability or without room are left out', () => {
  const agents = [agent('full', { runningTasks: 2 }), agent('other', { offered: ['deploy'] })];
  expect(rankAgents(agents, 'review')).toStrictEqual([]);
});

test('urgent tasks go first, then older ones', () => {
  const waiting = [
    { id: '1', capability: 'review', priority: 5, createdAt: new Date(2) },
    { id: '2', capability: 'review', priority: 9, createdAt: new Date(3) },
    { id: '3', capability: 'review', priority: 5, createdAt: new Date(1) },
  ];
  const plan = planAssignments([agent('a')], waiting);
  expect(plan.map(({ task }) => task.id)).toStrictEqual(['2', '3']);
});

const offered = fc.subarray(['a', 'b', 'c'], { minLength: 1 });
const someAgents = fc
  .array(
    fc.record({
      offered,
      runningTasks: fc.nat(4),
      maximumTasks: fc.integer({ min: 1, max: 4 }),
      workedAt: fc.option(fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(5) })),
    }),
    { maxLength: 6 },
  )
  .map((agents) => agents.map((one, index): Candidate => ({ ...one, id: String(index) })));
const someTasks = fc
  .array(
    fc.record({
      capability: fc.constantFrom('a', 'b', 'c'),
      priority: fc.nat(9),
      createdAt: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(5) }),
    }),
    { maxLength: 12 },
  )
  .map((tasks) => tasks.map((one, index): Waiting => ({ ...one, id: String(index) })));

test('a plan gives every task once, to an able agent with room, and leaves no task that would still fit', () => {
  fc.assert(
    fc.property(someAgents, someTasks, (agents, waiting) => {
      const plan = planAssignments(agents, waiting);
      const load = new Map(agents.map(({ id, runningTasks }) => [id, runningTasks]));
      for (const { agent: chosen, task } of plan) {
        expect(chosen.offered).toContain(task.capability);
        load.set(chosen.id, (load.get(chosen.id) ?? 0) + 1);
        expect(load.get(chosen.id)).toBeLessThanOrEqual(chosen.maximumTasks);
      }
      const given = plan.map(({ task }) => task.id);
      expect(new Set(given).size).toBe(given.length);
      const after = agents.map((one) => ({ ...one, runningTasks: load.get(one.id) ?? 0 }));
      for (const task of waiting.filter(({ id }) => !given.includes(id))) {
        expect(rankAgents(after, task.capability)).toStrictEqual([]);
      }
    }),
    { numRuns: 300 },
  );
});

test('no task is passed over for a less urgent one of the same capability', () => {
  fc.assert(
    fc.property(someAgents, someTasks, (agents, waiting) => {
      const given = new Set(planAssignments(agents, waiting).map(({ task }) => task.id));
      for (const left of waiting.filter(({ id }) => !given.has(id))) {
        const rivals = waiting.filter(({ id, capability }) => given.has(id) && capability === left.capability);
        for (const rival of rivals) expect(rival.priority).toBeGreaterThanOrEqual(left.priority);
      }
    }),
    { numRuns: 300 },
  );
});
