import { MeshError } from '@devmesh/foundation';
import { describe, expect, test } from 'vitest';
import { createQueue } from './queue.ts';

const noSignal = { signal: undefined };

/** An engine whose slices the test finishes by hand; the vector of a text is its length. */
function manualEngine(): {
  readonly slices: (readonly string[])[];
  readonly embedSlice: (texts: readonly string[]) => Promise<readonly Float32Array[]>;
  readonly finish: (failure?: Error) => Promise<void>;
} {
  const slices: (readonly string[])[] = [];
  let settle: ((failure?: Error) => void) | undefined;
  return {
    slices,
    embedSlice: (texts) => {
      slices.push(texts);
      return new Promise((resolve, reject) => {
        settle = (failure) => {
          if (failure === undefined) resolve(texts.map((text) => Float32Array.of(text.length)));
          else reject(failure);
        };
      });
    },
    finish: async (failure) => {
      settle?.(failure);
      // Lets everything that waits on the slice go on before the test looks.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('the queue of the local embedder', () => {
  test('a question goes before passages that wait, and passages of several callers take turns', async () => {
    const engine = manualEngine();
    const queue = createQueue({ embedSlice: engine.embedSlice, maximumWaiting: 100 });
    const first = queue.add({ texts: Array<string>(6).fill('one'), urgent: false, ...noSignal });
    const second = queue.add({ texts: ['two'], urgent: false, ...noSignal });
    const question = queue.add({ texts: ['why?'], urgent: true, ...noSignal });
    for (let slice = 0; slice < 4; slice += 1) await engine.finish();
    expect(engine.slices.map(([text]) => text)).toEqual(['one', 'why?', 'two', 'one']);
    expect((await first).map(([length]) => length)).toEqual([3, 3, 3, 3, 3, 3]);
    expect([(await second).length, (await question).length]).toEqual([1, 1]);
  });

  test('an aborted call gives its place free at once, and the rest of its texts are never embedded', async () => {
    const engine = manualEngine();
    const queue = createQueue({ embedSlice: engine.embedSlice, maximumWaiting: 10 });
    const controller = new AbortController();
    const reason = new Error('no longer needed');
    const aborted = queue.add({ texts: Array<string>(10).fill('x'), urgent: false, signal: controller.signal });
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    const next = queue.add({ texts: Array<string>(4).fill('yy'), urgent: false, ...noSignal });
    await engine.finish();
    await engine.finish();
    expect(engine.slices).toHaveLength(2);
    expect((await next).map(([length]) => length)).toEqual([2, 2, 2, 2]);
  });

  test('texts beyond the bound are refused as `unavailable` with a time to wait', async () => {
    const engine = manualEngine();
    const queue = createQueue({ embedSlice: engine.embedSlice, maximumWaiting: 5 });
    const accepted = queue.add({ texts: Array<string>(4).fill('x'), urgent: false, ...noSignal });
    const refused = queue.add({ texts: ['x', 'x'], urgent: false, ...noSignal });
    await expect(refused).rejects.toMatchObject({ code: 'unavailable', retryAfterSeconds: 10 });
    await engine.finish();
    expect(await accepted).toHaveLength(4);
  });

  test('a failing slice fails its own call only', async () => {
    const engine = manualEngine();
    const queue = createQueue({ embedSlice: engine.embedSlice, maximumWaiting: 100 });
    const failing = queue.add({ texts: ['x'], urgent: false, ...noSignal });
    const fine = queue.add({ texts: ['yy'], urgent: false, ...noSignal });
    const [outcome] = await Promise.allSettled([failing, engine.finish(new MeshError('unavailable', 'stopped'))]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    await engine.finish();
    expect(await fine).toHaveLength(1);
  });
});
