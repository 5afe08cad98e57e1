import { silentTelemetry } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRetentionKeeper } from '../retention/index.ts';
import { openOutbound, type Organization, type Outbound } from './outbound.fixture.ts';

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound();
});
afterAll(() => outbound.close());

/** Runs the keeper once: it sleeps when a run is over. */
async function keep(): Promise<void> {
  const clock = fakeClock();
  const { database, audit } = outbound;
  const keeper = createRetentionKeeper({
    database,
    audit,
    auditProof: { cut: () => Promise.resolve() },
    telemetry: silentTelemetry,
    clock,
  });
  await keeper.start();
  await expect.poll(() => clock.sleepers(), { timeout: 20_000 }).toBe(1);
  expect(await keeper.ready()).toEqual({ ready: true });
  await keeper.stop();
}

const age = (organization: Organization, days: number): Promise<unknown> =>
  outbound.database.tenant(organization.tenantId, async (tx) => {
    const time = sql`make_interval(days => ${days}::integer)`;
    await sql`update mcp.endpoint_deliveries set created_at = created_at - ${time}`.execute(tx);
    await sql`update mcp.notifications set created_at = created_at - ${time}`.execute(tx);
  });

test('deliveries are kept as long as webhooks and notices as long as the feed; what still waits for an endpoint stays', async () => {
  const organization = await outbound.organization();
  const [sent, waiting, off] = [
    await organization.endpoint(),
    await organization.endpoint(),
    await organization.endpoint(),
  ];
  await organization.publish('task.created');
  for (const endpoint of [sent, waiting, off]) await endpoint.dispatch(1);
  await sent.work();
  await outbound.deliveries.endpoints.update(organization.admin, off.id, { enabled: false });
  const notice = { title: 'Old', text: '', severity: 'info' as const, actor: 'system:test' };
  const { id } = await outbound.database.tenant(organization.tenantId, (tx) =>
    outbound.notifications.notifyIn(tx, notice),
  );
  await outbound.notifications.markRead(organization.admin, [id]);
  const left = async () => {
    const counts = await Promise.all(
      [sent, waiting, off].map(async (endpoint) => (await endpoint.deliveries()).length),
    );
    return [...counts, (await organization.notices()).length];
  };
  await age(organization, 29);
  await keep();
  expect(await left()).toEqual([1, 1, 1, 1]);
  await age(organization, 2);
  await keep();
  expect(await left()).toEqual([1, 1, 1, 0]);
  await age(organization, 60);
  await keep();
  expect(await left()).toEqual([0, 1, 0, 0]);
});
