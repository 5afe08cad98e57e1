import fc from 'fast-check';
import { expect, it } from 'vitest';
import { backoffMilliseconds } from './backoff.ts';

it('waits between half a second and thirty seconds, however often it failed', () => {
  fc.assert(
    fc.property(fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true }), (failures, chance) => {
      const wait = backoffMilliseconds(failures, () => chance);
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(30_000);
    }),
  );
});

it('doubles with every failure', () => {
  expect([0, 1, 2, 3].map((failures) => backoffMilliseconds(failures, () => 0))).toEqual([1000, 2000, 4000, 8000]);
});
