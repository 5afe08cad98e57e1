import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assign, finish, keep, lapse, newTask, type TaskState } from './rules.ts';

const assigned = assign(newTask, 'ann');
const done = { outcome: 'completed', result: { files: 2 } } as const;

describe('the owner of a task', () => {
  test('finishes it with its agent and fence', () => {
    const finished = finish(assigned, { agentId: 'ann', fence: 1 }, done);
    expect(finished).toMatchObject({ status: 'completed', result: { files: 2 }, error: null, fence: 1 });
  });

  test('may say the same again, whatever the order of the fields', () => {
    const first = finish(assigned, { agentId: 'ann', fence: 1 }, { ...done, result: { a: 1, b: -0 } });
    expect(finish(first, { agentId: 'ann', fence: 1 }, { ...done, result: { b: 0, a: 1 } })).toBe(first);
  });

  test.each([
    { outcome: 'failed', result: {}, error: 'no' },
    { outcome: 'completed', result: { files: 3 } },
  ] as const)('cannot change its mind: $outcome $result', (outcome) => {
    const finished = finish(assigned, { agentId: 'ann', fence: 1 }, done);
    expect(() => finish(finished, { agentId: 'ann', fence: 1 }, outcome)).toThrowError(
      expect.objectContaining({ code: 'invalid_state' }),
    );
  });

  test('a completed task keeps no error, a failed one does', () => {
    const claim = { agentId: 'ann', fence: 1 };
    expect(finish(assigned, claim, { ...done, error: 'none really' }).error).toBeNull();
    expect(finish(assigned, claim, { outcome: 'failed', result: {}, error: 'it rained' }).error).toBe('it rained');
  });
});

describe('everyone else is refused', () => {
  const reassigned = assign(lapse(assigned, 5), 'bob');
  test.each([
    ['the former owner', reassigned, { agentId: 'ann', fence: 1 }, 'stale_fence'],
    ['the former owner that guesses the fence', reassigned, { agentId: 'ann', fence: 2 }, 'forbidden'],
    ['a fence that was never given', reassigned, { agentId: 'bob', fence: 3 }, 'stale_fence'],
    ['an owner whose lease ran out', lapse(assigned, 5), { agentId: 'ann', fence: 1 }, 'stale_fence'],
    ['anyone, for a task nobody has', newTask, { agentId: 'ann', fence: 0 }, 'forbidden'],
  ] as const)('%s', (_who, task, claim, code) => {
    expect(() => finish(task, claim, done)).toThrowError(expect.objectContaining({ code }));
    expect(() => keep(task, claim)).toThrowError(expect.objectContaining({ code }));
  });

  test('a finished task has no lease to keep and nobody gets it', () => {
    const finished = finish(assigned, { agentId: 'ann', fence: 1 }, done);
    expect(() => keep(finished, { agentId: 'ann', fence: 1 })).toThrowError(
      expect.objectContaining({ code: 'stale_fence' }),
    );
    expect(() => assign(finished, 'bob')).toThrowError(expect.objectContaining({ code: 'invalid_state' }));
  });
});

type Step = { kind: 'assign'; agent: string } | { kind: 'lapse' } | { kind: 'finish'; claim: number; ok: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('assign' as const), agent: fc.constantFrom('ann', 'bob', 'cat') }),
  fc.record({ kind: fc.constant('lapse' as const) }),
  fc.record({ kind: fc.constant('finish' as const), claim: fc.nat(), ok: fc.boolean() }),
);

test('in any order of assignments, lapses and answers of past owners, a task finishes at most once and by its last owner', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let task: TaskState = newTask;
      let finishes = 0;
      const claims: { agentId: string; fence: number }[] = [];
      for (const next of steps) {
        const before = task;
        task = applyUnlessRefused(task, next, claims);
        const given = next.kind === 'assign' && task !== before ? 1 : 0;
        expect(task.fence - before.fence).toBe(given);
        if (next.kind !== 'finish' || task === before) continue;
        finishes += 1;
        expect(claims[next.claim % claims.length]).toStrictEqual(claims.at(-1));
        expect(before.status).toBe('assigned');
      }
      expect(finishes).toBeLessThanOrEqual(1);
      expect(task.attempts).toBeLessThanOrEqual(task.fence);
    }),
    { numRuns: 500 },
  );
});

function applyUnlessRefused(task: TaskState, next: Step, claims: { agentId: string; fence: number }[]): TaskState {
  try {
    return apply(task, next, claims);
  } catch {
    return task;
  }
}

function apply(task: TaskState, next: Step, claims: { agentId: string; fence: number }[]): TaskState {
  if (next.kind === 'lapse') return lapse(task, 3);
  if (next.kind === 'finish') {
    const claim = claims[next.claim % claims.length];
    if (claim === undefined) throw new Error('nobody had it yet');
    return finish(task, claim, { outcome: next.ok ? 'completed' : 'failed', result: {} });
  }
  const given = assign(task, next.agent);
  claims.push({ agentId: next.agent, fence: given.fence });
  return given;
}
