import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dispatchTo, type Dispatched } from './dispatch.ts';
import { openOutbound, type Organization, type Outbound, type TestEndpoint } from './outbound.fixture.ts';

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound();
});
afterAll(() => outbound.close());

const look = (organization: Organization, { id }: TestEndpoint): Promise<Dispatched> =>
  outbound.database.tenant(organization.tenantId, (tx) =>
    dispatchTo({ ...outbound, newId }, tx, { tenantId: organization.tenantId, endpointId: id }),
  );

const types = async (endpoint: TestEndpoint): Promise<readonly string[]> =>
  (await endpoint.deliveries()).map(({ eventType }) => eventType);

describe('an endpoint', () => {
  test('gets what happens from its creation on, in the order of the feed, as far as it wants it', async () => {
    const organization = await outbound.organization();
    await organization.publish('task.created');
    await expect.poll(() => outbound.events.list(organization.tenantId, { limit: 1 })).toMatchObject({ items: [{}] });
    await expect.poll(() => outbound.events.head(organization.tenantId), { timeout: 10_000 }).not.toBe('0-0');
    const all = await organization.endpoint();
    const tasks = await organization.endpoint({ eventTypes: ['task.*'] });
    for (const type of ['task.completed', 'tool.called', 'delivery.failed', 'task.failed'] as const)
      await organization.publish(type);
    await all.dispatch(3);
    await tasks.dispatch(2);
    expect(await types(all)).toEqual(['task.completed', 'tool.called', 'task.failed']);
    expect(await types(tasks)).toEqual(['task.completed', 'task.failed']);
  });

  test('gets each event once, also where its position is read twice', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    await organization.publish('task.created');
    await organization.publish('task.failed');
    await endpoint.dispatch(2);
    await outbound.database.tenant(organization.tenantId, (tx) =>
      sql`update mcp.webhook_endpoints set position_xid = '0', position_seq = 0`.execute(tx),
    );
    expect(await look(organization, endpoint)).toMatchObject({ made: 0 });
    expect(await types(endpoint)).toEqual(['task.created', 'task.failed']);
  });

  test('loses no event whose deliveries were not committed: they and the position are one transaction [webhooks.out-lossless]', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    await organization.publish('task.created');
    const address = { tenantId: organization.tenantId, endpointId: endpoint.id };
    const dying = async (): Promise<number> => {
      let made = 0;
      const work = outbound.database.tenant(organization.tenantId, async (tx) => {
        ({ made } = await dispatchTo({ ...outbound, newId }, tx, address));
        throw new Error('killed before the commit');
      });
      await expect(work).rejects.toThrow('killed');
      return made;
    };
    await expect.poll(dying, { timeout: 10_000 }).toBe(1);
    expect(await types(endpoint)).toEqual([]);
    await endpoint.dispatch(1);
    expect(await types(endpoint)).toEqual(['task.created']);
  });

  test('skips nothing that an older transaction commits later [webhooks.out-lossless]', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { shared } = outbound.database.traits;
    const slow = outbound.database.tenant(organization.tenantId, async (tx) => {
      await outbound.events.publish(tx, { type: 'task.created', subjectId: 's', summary: 'slow' });
      if (shared) await held;
    });
    // The embedded database has one transaction at a time, so there the older one ends first.
    if (!shared) await slow;
    await organization.publish('task.failed');
    const early = shared ? await look(organization, endpoint) : { read: 0 };
    expect(early).toMatchObject({ read: 0 });
    release();
    await slow;
    await endpoint.dispatch(2);
    expect(await types(endpoint)).toEqual(['task.created', 'task.failed']);
  });

  test('that is switched off keeps its place, and goes on there', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    await outbound.deliveries.endpoints.update(organization.admin, endpoint.id, { enabled: false });
    await organization.publish('task.created');
    expect(await look(organization, endpoint)).toEqual({ read: 0, made: 0, more: false });
    await outbound.deliveries.endpoints.update(organization.admin, endpoint.id, { enabled: true });
    await endpoint.dispatch(1);
  });

  test('reads a long feed in batches', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint({ eventTypes: ['task.failed'] });
    await outbound.database.tenant(organization.tenantId, async (tx) => {
      for (let count = 0; count < 201; count += 1) {
        const type = count % 100 === 0 ? 'task.failed' : 'tool.called';
        await outbound.events.publish(tx, { type, subjectId: 's', summary: 's' });
      }
    });
    await expect
      .poll(() => look(organization, endpoint), { timeout: 10_000 })
      .toEqual({ read: 200, made: 2, more: true });
    expect(await look(organization, endpoint)).toEqual({ read: 1, made: 1, more: false });
  });

  test('gets nothing of another organization [tenancy.no-foreign-rows]', async () => {
    const [one, other] = [await outbound.organization(), await outbound.organization()];
    const endpoint = await one.endpoint();
    await other.publish('task.created');
    await one.publish('task.failed');
    await endpoint.dispatch(1);
    expect(await types(endpoint)).toEqual(['task.failed']);
    const stranger = { tenantId: other.tenantId, endpointId: endpoint.id };
    const foreign = outbound.database.tenant(other.tenantId, (tx) => dispatchTo({ ...outbound, newId }, tx, stranger));
    expect(await foreign).toEqual({ read: 0, made: 0, more: false });
    expect((await outbound.deliveries.log.listDeliveries(other.admin, { limit: 10 })).items).toEqual([]);
  });
});
