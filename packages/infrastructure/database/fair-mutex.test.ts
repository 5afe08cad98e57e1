import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFairMutex } from './fair-mutex.ts';

describe('a fair mutex', () => {
  it('lets one in at a time, each once, in order within a lane and lanes in turns [database.fair]', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 30 }), async (asked) => {
        const mutex = createFairMutex('It');
        const first = await mutex.acquire('z', 1_000);
        const entered: { readonly lane: string; readonly at: number }[] = [];
        let inside = 0;
        const all = asked.map(async (lane, at) => {
          const release = await mutex.acquire(lane, 10_000);
          inside += 1;
          expect(inside).toBe(1);
          entered.push({ lane, at });
          await Promise.resolve();
          inside -= 1;
          release();
          // Whoever releases twice lets nobody else in.
          release();
        });
        first();
        await Promise.all(all);
        expect(entered.map(({ at }) => at).toSorted((one, other) => one - other)).toEqual(asked.map((_lane, at) => at));
        for (const lane of new Set(asked)) {
          const mine = entered.filter((one) => one.lane === lane).map(({ at }) => at);
          expect(mine).toEqual(mine.toSorted((one, other) => one - other));
        }
        // While a lane waits, every other one is let in once at most before it.
        for (const [index, { lane }] of entered.entries()) {
          const next = entered.findIndex((one, later) => later > index && one.lane === lane);
          const between = entered.slice(index + 1, next === -1 ? index + 1 : next).map((one) => one.lane);
          expect(new Set(between).size).toBe(between.length);
        }
      }),
    );
  });

  it('keeps nobody waiting for longer than told, and forgets who gave up', async () => {
    const mutex = createFairMutex('It');
    const release = await mutex.acquire('a', 1_000);
    await expect(mutex.acquire('a', 1)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'It was busy for 1 ms.',
    });
    const next = mutex.acquire('b', 1_000);
    release();
    (await next)();
    (await mutex.acquire('a', 1))();
  });
});
