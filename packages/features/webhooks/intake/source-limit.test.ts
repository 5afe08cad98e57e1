import { newId, silentTelemetry } from '@devmesh/foundation';
import { createRateLimit, openMemoryKeyValue, type RateLimit } from '@devmesh/infrastructure';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSourceLimit } from './source-limit.ts';

const telemetry = silentTelemetry;

/** Several processes with one limiter, which counts how often it is asked. */
function setUp(processes: number) {
  const clock = fakeClock();
  const shared = createRateLimit({ keyvalue: openMemoryKeyValue({ clock }), name: 'test', telemetry, clock });
  const seen = { asked: 0 };
  const rateLimit: RateLimit = {
    ...shared,
    checkAll: (tenantId, limits) => {
      seen.asked += 1;
      return shared.checkAll(tenantId, limits);
    },
  };
  const limits = Array.from({ length: processes }, () => createSourceLimit({ rateLimit, clock, telemetry }));
  return { clock, seen, limits };
}

describe('the limit of a webhook source', () => {
  it('lets all processes together pass no more than it says, and hardly less', async () => {
    const cases = fc.tuple(fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 1, max: 3 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(cases, async ([requestsPerMinute, processes, together]) => {
        const { limits } = setUp(processes);
        const source = { id: newId(), tenantId: newId(), requestsPerMinute };
        const size = Math.ceil(requestsPerMinute / 600);
        let passed = 0;
        const attempt = async (index: number): Promise<void> => {
          if ((await limits[index % processes]?.(source)) === undefined) passed += 1;
        };
        const attempts = Array.from({ length: requestsPerMinute + 20 * processes }, (_, index) => index);
        if (together) await Promise.all(attempts.map(attempt));
        else for (const index of attempts) await attempt(index);
        expect(passed).toBeLessThanOrEqual(requestsPerMinute);
        expect(passed).toBeGreaterThan(requestsPerMinute - (processes + 1) * size);
      }),
      { numRuns: 10 },
    );
  });

  it('asks the limiter for blocks where much may be sent, once for all that wait', async () => {
    const { limits, seen } = setUp(1);
    const source = { id: newId(), tenantId: newId(), requestsPerMinute: 60_000 };
    await Promise.all(Array.from({ length: 1_000 }, async () => limits[0]?.(source)));
    expect(seen.asked).toBe(10);
  });

  it('tells the limit in webhooks, and gives more when time has passed', async () => {
    const { limits, clock } = setUp(1);
    const source = { id: newId(), tenantId: newId(), requestsPerMinute: 1_200 };
    const take = async () => limits[0]?.(source);
    let refused = await take();
    while (refused === undefined) refused = await take();
    expect(refused.policies).toMatchObject([{ policy: 'webhook-source', limit: 1_200, remaining: 0 }]);
    await clock.advance(1_000);
    expect(await take()).toBeUndefined();
  });

  it('forfeits what was not sent in a minute', async () => {
    const { limits, clock, seen } = setUp(1);
    const source = { id: newId(), tenantId: newId(), requestsPerMinute: 60_000 };
    await limits[0]?.(source);
    await clock.advance(60_001);
    await limits[0]?.(source);
    expect(seen.asked).toBe(2);
  });
});
