import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBulkhead } from './bulkhead.ts';

const { signal } = new AbortController();
const entering = { limits: { concurrent: 2, queue: 2 }, waitMilliseconds: 60_000, signal };

describe('a bulkhead', () => {
  it('lets a few in at once, the next wait in order, and the rest are refused with when to come back [resilience.bulkhead]', async () => {
    const bulkhead = createBulkhead('host');
    const [one, two] = await Promise.all([bulkhead.enter(entering), bulkhead.enter(entering)]);
    const order: number[] = [];
    const third = bulkhead.enter(entering).then((leave) => (order.push(3), leave));
    const fourth = bulkhead.enter(entering).then((leave) => (order.push(4), leave));
    expect(() => bulkhead.enter(entering)).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        retryAfterSeconds: 1,
        limit: expect.objectContaining({ scope: 'tool', limit: 2 }) as object,
      }) as Error,
    );
    one?.();
    one?.();
    (await third)();
    await fourth;
    expect(order).toEqual([3, 4]);
    two?.();
    expect(bulkhead.running).toBe(1);
  });

  it('refuses who waited too long, and its place in the queue is free', async () => {
    const bulkhead = createBulkhead('host');
    const leaves = [await bulkhead.enter(entering), await bulkhead.enter(entering)];
    await expect(bulkhead.enter({ ...entering, waitMilliseconds: 1 })).rejects.toMatchObject({ code: 'unavailable' });
    expect(bulkhead.waiting).toBe(0);
    for (const leave of leaves) leave();
    expect(bulkhead.running).toBe(0);
  });

  it('forgets who left while they waited', async () => {
    const bulkhead = createBulkhead('host');
    const leaves = [await bulkhead.enter(entering), await bulkhead.enter(entering)];
    const controller = new AbortController();
    const waiting = bulkhead.enter({ ...entering, signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    for (const leave of leaves) leave();
    expect(bulkhead).toMatchObject({ running: 0, waiting: 0 });
  });

  it('whatever comes and goes, never has more inside than it may and never forgets one that waits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('enter', 'leave', 'abort'), { maxLength: 40 }), async (steps) => {
        const bulkhead = createBulkhead('host');
        let refusedEarly = false;
        const inside: (() => void)[] = [];
        const waiting = new Map<number, AbortController>();
        for (const [at, step] of steps.entries()) {
          if (step === 'leave') inside.shift()?.();
          if (step === 'abort') [...waiting.values()].at(-1)?.abort(new Error('gone'));
          if (step === 'enter') {
            const controller = new AbortController();
            waiting.set(at, controller);
            const gone = (): boolean => waiting.delete(at);
            try {
              bulkhead
                .enter({ ...entering, signal: controller.signal })
                .then((leave) => (gone(), inside.push(leave)), gone);
            } catch {
              gone();
              refusedEarly ||= bulkhead.waiting !== 2;
            }
          }
          await Promise.resolve().then(() => undefined);
          await new Promise(setImmediate);
          expect(bulkhead.running).toBe(inside.length);
          expect(inside.length).toBeLessThanOrEqual(2);
          expect(bulkhead.waiting).toBe(waiting.size);
          expect(inside.length < 2 && waiting.size > 0).toBe(false);
        }
        expect(refusedEarly).toBe(false);
        for (const controller of waiting.values()) controller.abort(new Error('gone'));
      }),
      { numRuns: 60 },
    );
  });
});
