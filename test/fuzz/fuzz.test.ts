import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../chaos/random.ts';
import { openTestMesh, type TestMesh } from '../mesh/mesh.ts';
import { malformed } from './malformed.ts';
import { fuzz } from './run.ts';
import { failuresOf } from './verdict.ts';

describe('a mesh that is sent what nobody should send', () => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  }, 60_000);
  afterAll(() => world.close());

  it('answers all of it, stays up, and a client beside it has its answers [edge.fuzzed]', async () => {
    const size = { messages: 600, connections: 75, seed: 20_261_123 };
    const { apiUrl, edgeUrl } = world.mesh;
    const figures = await fuzz({ apiUrl, edgeUrl }, size, new AbortController().signal);
    // How fast it was is what `npm run fuzz` asks.
    expect(failuresOf({ ...figures, canaryP99Milliseconds: 0 }, false)).toEqual([]);
    expect(figures['http 400']).toBeGreaterThan(100);
    expect(figures['websocket sent']).toBe(300);
    expect(figures['canaryCalls']).toBeGreaterThan(0);
  });
});

describe('the messages of a run', () => {
  it('are the same for the same seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
        const [one, other] = [createRandom(seed), createRandom(seed)];
        for (let index = 0; index < 5; index += 1) expect(malformed(one)).toEqual(malformed(other));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the verdict', () => {
  const good = {
    healthStatus: 200,
    canaryFailed: 0,
    canaryP99Milliseconds: 250,
    memoryGrownMegabytes: 64,
    'http 400': 9,
  };

  it('is good where all that is promised held', () => {
    expect(failuresOf(good, false)).toEqual([]);
  });

  it.each([
    [{ ...good, healthStatus: 503 }, false],
    [{ ...good, canaryFailed: 1 }, false],
    [{ ...good, canaryP99Milliseconds: 250.1 }, false],
    [{ ...good, memoryGrownMegabytes: 65 }, false],
    [{ ...good, 'http 500': 1 }, false],
    [{ ...good, 'http ECONNRESET': 1 }, false],
    [{ ...good, 'websocket not closed': 1 }, false],
    [{ ...good, 'raw ECONNREFUSED': 1 }, false],
    [good, true],
  ])('is bad for %j, ended %s', (figures, ended) => {
    expect(failuresOf(figures, ended)).toHaveLength(1);
  });
});
