import type { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import { embedderContract } from './contract.ts';
import { createLocalEmbedder } from './local.ts';

embedderContract({ name: 'local', create: () => createLocalEmbedder() });

const texts = [
  'How is a lease on a task fenced?',
  'A late owner of a task is refused, because its fence number is stale.',
  'function parseConfig(shape, environment) { /* zod */ }',
  'Der Himmel über Zürich ist heute blau.',
  'volcano',
];

// Cosines between these texts as another implementation computes them from the same weights in 32-bit floats.
const reference = [
  [1, 0.48, -0.038, 0.052, 0.045],
  [0.48, 1, -0.106, -0.021, -0.035],
  [-0.038, -0.106, 1, -0.007, 0.098],
  [0.052, -0.021, -0.007, 1, 0.014],
  [0.045, -0.035, 0.098, 0.014, 1],
];

describe('the local embedder', () => {
  test('agrees with an independent 32-bit implementation of all-MiniLM-L6-v2', async () => {
    const embedder = createLocalEmbedder();
    onTestFinished(() => embedder.close());
    const vectors = await embedder.embed(texts, 'passage');
    const cosines = vectors.map((one) =>
      vectors.map((other) => one.reduce((sum, x, i) => sum + x * (other[i] ?? 0), 0)),
    );
    const differences = cosines.flatMap((row, i) =>
      row.map((cosine, j) => Math.abs(cosine - (reference[i]?.[j] ?? 9))),
    );
    expect(Math.max(...differences)).toBeLessThan(0.04);
  });

  test('leaves the main thread free while it computes', async () => {
    const embedder = createLocalEmbedder();
    onTestFinished(() => embedder.close());
    await embedder.embed(['load'], 'passage');
    const before = performance.eventLoopUtilization();
    await embedder.embed(Array<string>(40).fill('word '.repeat(200)), 'passage');
    expect(performance.eventLoopUtilization(before).utilization).toBeLessThan(0.5);
  });

  test('a thread that died fails the calls in it, and the next call gets a new one', async () => {
    const threads: Worker[] = [];
    const embedder = createLocalEmbedder({
      onThread: (worker) => {
        threads.push(worker);
      },
    });
    onTestFinished(() => embedder.close());
    const lost = embedder.embed(['text'], 'passage');
    const [outcome] = await Promise.allSettled([lost, threads[0]?.terminate()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
    expect(await embedder.embed(['text'], 'passage')).toHaveLength(1);
    expect(threads).toHaveLength(2);
  });

  test('closing one that was never used starts nothing', async () => {
    await expect(createLocalEmbedder().close()).resolves.toBeUndefined();
  });
});
