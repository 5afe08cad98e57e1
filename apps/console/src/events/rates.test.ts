import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { intervalSeconds, ratesOf, recentInstants } from './rates.ts';

const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);

describe('rates of events', () => {
  it('count every event of the time shown exactly once', () => {
    const span = intervalSeconds * 29;
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 2_000_000_000 }), fc.array(fc.nat(span)), (now, ages) => {
        const instants = ages.map((age) => now - age);
        expect(total(ratesOf(instants, now).counts)).toBe(ages.length);
      }),
    );
  });

  it('put an event into the interval in which it happened', () => {
    const { starts, counts } = ratesOf([1000, 1009.9, 1010], 1015);
    expect(counts.slice(-2)).toEqual([2, 1]);
    expect(starts.slice(-2)).toEqual([1000, 1010]);
  });

  it('leave out what is older than the chart and keep what a faster clock dates ahead', () => {
    const { counts } = ratesOf([1, 10_003], 10_000);
    expect(total(counts)).toBe(1);
    expect(counts.at(-1)).toBe(1);
  });

  it('forget instants only once no interval shows them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10_000, max: 20_000 }), fc.array(fc.nat(1000)), (now, ages) => {
        const instants = ages.map((age) => now - age);
        expect(ratesOf(recentInstants(instants, now), now)).toEqual(ratesOf(instants, now));
      }),
    );
  });
});
