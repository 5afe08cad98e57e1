import type { Database } from '@devmesh/infrastructure';
import { openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, gate, push, setUp } from './intake.fixture.ts';

// The embedded database runs one transaction at a time, so that none can stand in the way of another.
const twoAtATime = (process.env['DATABASE_URL'] ?? '') !== '';

describe.skipIf(!twoAtATime)('webhook intake on a PostgreSQL that is stuck (skipped without DATABASE_URL)', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('refuses senders instead of letting them wait, and finds the late commit again [webhooks.no-hang]', async () => {
    const { webhooks: patient, source, principal, stored, open } = await setUp(database);
    const { webhooks } = open({ limits: { deadlineMilliseconds: 300 } });
    await expect.poll(() => codeOf(webhooks.receive(source.id, push({ delivery: 'early' })))).toBe('accepted');
    const held = gate();
    const holding = database.tenant(principal.tenantId, async (tx) => {
      await sql`select from mcp.webhook_sources where id = ${source.id} for update`.execute(tx);
      await held.pass();
    });
    await held.reached;
    expect(await codeOf(webhooks.receive(source.id, push({ delivery: 'late' })))).toBe('unavailable');
    held.open();
    await holding;
    await expect.poll(stored).toMatchObject({ events: 2 });
    expect(await patient.receive(source.id, push({ delivery: 'late' }))).toMatchObject({ duplicate: true });
  });

  it('lets other organizations go on', async () => {
    const stuck = await setUp(database);
    const free = await setUp(database);
    const held = gate();
    const holding = database.tenant(stuck.principal.tenantId, async (tx) => {
      await sql`select from mcp.webhook_sources where id = ${stuck.source.id} for update`.execute(tx);
      await held.pass();
    });
    await held.reached;
    const waiting = codeOf(stuck.webhooks.receive(stuck.source.id, push()));
    expect(await codeOf(free.webhooks.receive(free.source.id, push()))).toBe('accepted');
    held.open();
    await holding;
    await waiting;
  });
});
