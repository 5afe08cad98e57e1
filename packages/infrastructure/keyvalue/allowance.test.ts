import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { measureOf, takeAllowances } from './allowance.ts';
import { openMemoryKeyValue } from './memory.ts';
import { arrivals, limits, type LimitSpec } from './take.fixture.ts';

/**
 * The same rule told another way: a bucket per limit that holds `limit`, refills with time, and gives one of each or
 * none. In whole microseconds of debt, as exact integers.
 */
function buckets(specs: readonly LimitSpec[]) {
  const state = specs.map((spec) => ({ cost: BigInt(measureOf(spec).each), size: BigInt(spec.limit), debt: 0n }));
  let last = 0n;
  return (now: number): readonly boolean[] => {
    const passed = BigInt(now) - last;
    last = BigInt(now);
    for (const bucket of state) bucket.debt = bucket.debt > passed ? bucket.debt - passed : 0n;
    const fits = state.map(({ debt, cost, size }) => debt + cost <= cost * size);
    if (fits.every(Boolean)) for (const bucket of state) bucket.debt += bucket.cost;
    return fits;
  };
}

describe('allowances', () => {
  test('in memory give exactly what leaking buckets give', async () => {
    const agree = fc.asyncProperty(limits, arrivals, async (specs, pauses) => {
      const clock = fakeClock();
      const keyvalue = openMemoryKeyValue({ clock });
      const reference = buckets(specs);
      for (const milliseconds of pauses) {
        await clock.advance(milliseconds);
        const taken = await keyvalue.takeAll('tenant', specs);
        expect(taken.map(({ allowed }) => allowed)).toEqual(reference(clock.now() * 1000));
      }
    });
    await fc.assert(agree, { numRuns: 100 });
  });

  test('say truly what remains, when one more comes, and when all is back', async () => {
    const honest = fc.asyncProperty(limits, arrivals, async ([spec], pauses) => {
      const clock = fakeClock();
      const keyvalue = openMemoryKeyValue({ clock });
      const take = async () => (await keyvalue.takeAll('tenant', [spec!]))[0]!;
      let last = await take();
      for (const milliseconds of pauses) {
        await clock.advance(milliseconds);
        last = await take();
      }
      for (let left = last.remaining; left > 0; left -= 1) expect((await take()).allowed).toBe(true);
      const empty = await take();
      expect(empty.allowed).toBe(false);
      await clock.advance(empty.resetSeconds * 1000);
      const refilled = await take();
      expect(refilled.allowed).toBe(true);
      await clock.advance(refilled.fullSeconds * 1000);
      expect((await take()).remaining).toBe(spec!.limit - 1);
    });
    await fc.assert(honest, { numRuns: 50 });
  });

  test('never give more than the limit in a window, whatever its numbers', () => {
    const spec = fc.record({
      limit: fc.integer({ min: 1, max: 2_000 }),
      windowSeconds: fc.integer({ min: 1, max: 90 }),
    });
    fc.assert(
      fc.property(spec, ({ limit, windowSeconds }) => {
        const measure = measureOf({ limit, windowSeconds });
        expect(measure.each * limit).toBeGreaterThanOrEqual(windowSeconds * 1_000_000);
        let used: readonly number[] = [];
        let given = 0;
        for (let at = 0; at < limit + 2; at += 1) {
          const step = takeAllowances(1_000_000, [measure], used);
          used = step.usedUntil;
          if (step.fits[0] === true) given += 1;
        }
        expect(given).toBe(limit);
      }),
    );
  });

  test('lock nobody out for longer than a window when the clock is set back', () => {
    const measure = measureOf({ limit: 2, windowSeconds: 10 });
    const { usedUntil } = takeAllowances(1_000_000_000, [measure], []);
    const back = takeAllowances(1, [measure], usedUntil);
    expect(back.fits).toEqual([false]);
    expect(takeAllowances(5_000_002, [measure], back.usedUntil).fits).toEqual([true]);
  });
});
