import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { afterFailure, afterSuccess, breakAfter, closed, isHopeless, room, type Breaker } from './breaker.ts';

const minute = 60_000;
const parallel = 4;
const fails = (times: number, from: Breaker = closed, now = 0): Breaker =>
  Array.from({ length: times }).reduce<Breaker>((breaker) => afterFailure(breaker, now), from);

describe('the breaker', () => {
  test('opens after so many failures in a row, and not before', () => {
    expect(fails(breakAfter - 1).openUntil).toBeUndefined();
    expect(fails(breakAfter).openUntil).toBe(30_000);
    expect(fails(breakAfter - 1, afterFailure(afterSuccess(), 0)).openUntil).toBeDefined();
  });

  test('lets nothing through while it is open, then one probe at a time', () => {
    const open = fails(breakAfter);
    expect(room(open, { now: 29_999, underWay: 0, parallel })).toBe(0);
    expect(room(open, { now: 30_000, underWay: 0, parallel })).toBe(1);
    expect(room(open, { now: 30_000, underWay: 1, parallel })).toBe(0);
    expect(room(closed, { now: 0, underWay: 1, parallel })).toBe(3);
    expect(room(closed, { now: 0, underWay: 9, parallel })).toBe(0);
  });

  test('pauses twice as long after each failed probe, up to an hour', () => {
    const pauses: number[] = [];
    let breaker = fails(breakAfter);
    for (let probe = 0; probe < 10; probe += 1) {
      const at = breaker.openUntil ?? 0;
      breaker = afterFailure(breaker, at);
      pauses.push(((breaker.openUntil ?? 0) - at) / minute);
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
  });

  test('is closed by one success, whatever came before', () => {
    expect(room(afterSuccess(), { now: 0, underWay: 0, parallel })).toBe(parallel);
    expect(afterSuccess()).toEqual(closed);
  });

  test('gives up after five days without a success, and only then', () => {
    const day = 1_440 * minute;
    const failing = fails(breakAfter, closed, day);
    expect(isHopeless(failing, 6 * day - 1)).toBe(false);
    expect(isHopeless(failing, 6 * day)).toBe(true);
    expect(isHopeless(fails(1, closed, day), 9 * day)).toBe(false);
    expect(isHopeless(afterSuccess(), 9 * day)).toBe(false);
  });

  test('keeps, in any course of things, to its rules', () => {
    const steps = fc.array(
      fc.record({ fails: fc.boolean(), late: fc.boolean(), passes: fc.integer({ min: 0, max: 100 * minute }) }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(steps, (course) => {
        let now = 0;
        let breaker = closed;
        let inARow = 0;
        for (const step of course) {
          now += step.passes;
          const mayGo = room(breaker, { now, underWay: 0, parallel }) > 0;
          // What was under way before it opened may still end now.
          if (!mayGo && !step.late) continue;
          const before = breaker;
          breaker = step.fails ? afterFailure(breaker, now) : afterSuccess();
          inARow = step.fails ? inARow + 1 : 0;
          expect(breaker.failures).toBe(inARow);
          expect(breaker.openUntil !== undefined).toBe(inARow >= breakAfter);
          const pause = (breaker.openUntil ?? now + 30_000) - now;
          const straggler = !mayGo && step.fails;
          expect(straggler ? breaker.openUntil : 'any').toBe(straggler ? before.openUntil : 'any');
          expect(straggler || (pause >= 30_000 && pause <= 60 * minute)).toBe(true);
        }
      }),
    );
  });
});
