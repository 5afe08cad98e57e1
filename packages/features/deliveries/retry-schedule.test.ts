import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maximumAttempts, nextAttemptAfter, retryAfterOf } from './retry-schedule.ts';

const random = fc.double({ min: 0, max: 1, noNaN: true });

describe('the schedule of retries', () => {
  test('is that of Standard Webhooks: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h', async () => {
    const clock = fakeClock(0);
    const attempts: number[] = [];
    for (let pause: number | undefined = 0; pause !== undefined;) {
      await Promise.all([clock.sleep(pause * 1000), clock.advance(pause * 1000)]);
      attempts.push(clock.now() / 1000);
      pause = nextAttemptAfter({ attempts: attempts.length, retryAfterSeconds: undefined, random: 0.5 });
    }
    expect(attempts).toEqual([0, 5, 305, 2_105, 9_305, 27_305, 63_305, 99_305]);
    expect(attempts).toHaveLength(maximumAttempts);
  });

  test('is spread by a tenth, so that what failed together does not come back together', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: maximumAttempts - 1 }), random, (attempts, value) => {
        const at = (draw: number) => nextAttemptAfter({ attempts, retryAfterSeconds: undefined, random: draw }) ?? 0;
        expect(at(value)).toBeGreaterThanOrEqual(at(0.5) * 0.9 - 1e-6);
        expect(at(value)).toBeLessThanOrEqual(at(0.5) * 1.1 + 1e-6);
        expect(at(1)).toBeGreaterThan(at(0));
      }),
    );
  });

  test('waits as long as the receiver asks, up to half a day, never less than the schedule, and ends where it ends', () => {
    const next = (attempts: number, retryAfterSeconds: number) =>
      nextAttemptAfter({ attempts, retryAfterSeconds, random: 0.5 });
    expect([next(1, 60), next(1, 1), next(2, 60), next(1, 10 ** 9)]).toEqual([60, 5, 300, 43_200]);
    expect(next(maximumAttempts, 60)).toBeUndefined();
  });
});

describe('Retry-After', () => {
  const now = Date.UTC(2026, 0, 1);

  test.each([
    [429, '7', 7],
    [503, ' 120 ', 120],
    [503, 'Thu, 01 Jan 2026 00:01:30 GMT', 90],
    [503, 'Wed, 31 Dec 2025 23:00:00 GMT', 0],
    [500, '7', undefined],
    [200, '7', undefined],
    [429, null, undefined],
    [429, '', undefined],
    [429, '-7', undefined],
    [429, '1.5', undefined],
    [429, '2026', 2026],
    [429, '2026-01-01', undefined],
    [429, 'soon', undefined],
    [429, 'Monday', undefined],
  ])('%i with %j asks for %j seconds', (status, header, seconds) => {
    expect(retryAfterOf(status, header, now)).toBe(seconds);
  });

  test('of any text is undefined or a number that is not negative', () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const seconds = retryAfterOf(429, header, now);
        expect(seconds === undefined || (Number.isFinite(seconds) && seconds >= 0)).toBe(true);
      }),
    );
  });
});
