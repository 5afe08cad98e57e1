import { MeshError, newId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Received } from './intake.ts';
import { push, setUp, watched } from './intake.fixture.ts';

describe('webhook intake while the database fails now and then', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('commits every acknowledged arrival exactly once, whatever fails, and tells of every other one [webhooks.once]', async () => {
    const faults = fc.constantFrom('before', 'beforeCommit', 'afterCommit', 'none', 'none');
    const plan = fc.record({
      arrivals: fc.array(fc.record({ delivery: fc.nat(15), forged: fc.boolean(), later: fc.boolean() }), {
        maxLength: 30,
      }),
      faults: fc.array(faults, { maxLength: 12 }),
    });
    const { database: over, seam } = watched(database);
    const { webhooks, create, principal } = await setUp(database, { over });
    let left: string[] = [];
    const breakAt = (place: string) => (): Promise<void> => {
      if (left[0] !== place && left[0] !== 'none') return Promise.resolve();
      const fault = left.shift();
      return fault === place ? Promise.reject(new MeshError('unavailable', place)) : Promise.resolve();
    };
    await fc.assert(
      fc.asyncProperty(plan, async ({ arrivals, faults: wanted }) => {
        const source = await create(newId());
        await webhooks.receive(source.id, push({ delivery: 'first' }));
        left = [...wanted];
        Object.assign(seam, {
          before: breakAt('before'),
          beforeCommit: breakAt('beforeCommit'),
          afterCommit: breakAt('afterCommit'),
        });
        const sent = arrivals.map(async ({ delivery, forged, later }) => {
          if (later) await new Promise((resolve) => setImmediate(resolve));
          const arrival = push({ delivery: String(delivery), ...(forged ? { sign: 'a guess' } : {}) });
          return {
            delivery: String(delivery),
            forged,
            answer: await webhooks.receive(source.id, arrival).catch((error: unknown) => error),
          };
        });
        const outcomes = await Promise.all(sent);
        left = [];
        const { rows } = await database.tenant(principal.tenantId, (tx) =>
          sql<{ id: string; deliveryId: string }>`
            select id, delivery_id as "deliveryId" from mcp.webhook_events where source_id = ${source.id}`.execute(tx),
        );
        const stored = new Map(rows.map((row) => [row.deliveryId, row.id]));
        expect(stored.size).toBe(rows.length);
        const wrong = outcomes.filter(({ delivery, forged, answer }) =>
          answer instanceof MeshError
            ? !['unavailable', 'bad_signature'].includes(answer.code)
            : forged || (answer as Received).eventId !== stored.get(delivery),
        );
        expect(wrong).toEqual([]);
        const genuine = new Set(outcomes.filter(({ forged }) => !forged).map(({ delivery }) => delivery));
        expect([...stored.keys()].filter((delivery) => delivery !== 'first' && !genuine.has(delivery))).toEqual([]);
      }),
      { numRuns: 25 },
    );
  });
});
