import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOutbound, type Organization, type Outbound, type TestEndpoint } from './outbound.fixture.ts';

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound();
});
afterAll(() => outbound.close());

const always = new Date(0).toISOString();

/** An endpoint with so many deliveries that failed for good. */
async function withFailed(count: number): Promise<{ organization: Organization; endpoint: TestEndpoint }> {
  const organization = await outbound.organization();
  const endpoint = await organization.endpoint();
  for (let one = 0; one < count; one += 1) await organization.publish('task.created');
  await endpoint.dispatch(count);
  const gone = async () => ({ ...(await outbound.fetch(outbound.mock.url())), status: 410 });
  while ((await endpoint.deliveries()).some(({ status }) => status === 'waiting')) {
    await endpoint.work({ fetch: gone });
    await outbound.deliveries.endpoints.update(organization.admin, endpoint.id, { enabled: true });
  }
  return { organization, endpoint };
}

describe('a failed delivery', () => {
  test('gets one more attempt by hand, not a second by asking twice, and fails again at once [webhooks.out]', async () => {
    const { organization, endpoint } = await withFailed(1);
    const { log } = outbound.deliveries;
    const [delivery] = await endpoint.deliveries();
    const id = delivery?.id ?? '';
    expect(await log.retry(organization.admin, id)).toMatchObject({ status: 'waiting', attempts: 1 });
    expect(await log.retry(organization.admin, id)).toMatchObject({ status: 'waiting', attempts: 1 });
    await endpoint.fault({ status: 500 });
    await endpoint.work();
    await endpoint.work();
    expect(await endpoint.deliveries()).toMatchObject([{ id, status: 'failed', attempts: 2 }]);
    await log.retry(organization.admin, id);
    await endpoint.work();
    expect(await endpoint.deliveries()).toMatchObject([{ id, status: 'delivered', attempts: 3 }]);
    expect(await log.retry(organization.admin, id)).toMatchObject({ status: 'delivered' });
    expect((await endpoint.received()).map((one) => one.id)).toEqual([id]);
    const retries = (await organization.auditActions()).filter((action) => action === 'key deliveries.retry');
    expect(retries).toHaveLength(2);
  });

  test('is one of a range that is sent again, each exactly once', async () => {
    const { organization, endpoint } = await withFailed(3);
    const { log } = outbound.deliveries;
    const middle = (await endpoint.deliveries())[1]?.createdAt.toISOString() ?? '';
    expect(await log.retryRange(organization.admin, endpoint.id, { since: always, until: always })).toBe(0);
    expect(await log.retryRange(organization.admin, endpoint.id, { since: always, until: middle })).toBeLessThan(3);
    const rest = await log.retryRange(organization.admin, endpoint.id, { since: always });
    expect(rest).toBeGreaterThan(0);
    expect(await log.retryRange(organization.admin, endpoint.id, { since: always })).toBe(0);
    await endpoint.work();
    expect(await endpoint.deliveries()).toMatchObject(
      Array.from({ length: 3 }, () => ({ status: 'delivered', attempts: 2 })),
    );
    expect(await endpoint.received()).toHaveLength(3);
  });

  test('of an endpoint that is switched off waits until it is on', async () => {
    const { organization, endpoint } = await withFailed(1);
    const { endpoints, log } = outbound.deliveries;
    await endpoints.update(organization.admin, endpoint.id, { enabled: false });
    const [delivery] = await endpoint.deliveries();
    const refused = { code: 'invalid_state' };
    await expect(log.retry(organization.admin, delivery?.id ?? '')).rejects.toMatchObject(refused);
    await expect(log.retryRange(organization.admin, endpoint.id, { since: always })).rejects.toMatchObject(refused);
    await expect(log.test(organization.admin, endpoint.id)).rejects.toMatchObject(refused);
  });
});

describe('the log', () => {
  test('is listed by endpoint, status and time, newest first, page by page', async () => {
    const { organization, endpoint } = await withFailed(2);
    const other = await organization.endpoint({ eventTypes: ['tool.called'] });
    await organization.publish('tool.called');
    await other.dispatch(1);
    const list = async (filter: Parameters<typeof outbound.deliveries.log.listDeliveries>[1]) =>
      (await outbound.deliveries.log.listDeliveries(organization.admin, filter)).items.map((one) => one.eventType);
    expect(await list({ limit: 10, status: 'waiting' })).toEqual(['tool.called']);
    expect(await list({ limit: 10, status: 'failed', endpointId: endpoint.id })).toEqual([
      'task.created',
      'task.created',
    ]);
    expect(await list({ limit: 10, status: 'failed', endpointId: other.id })).toEqual([]);
    expect(await list({ limit: 10, since: new Date(Date.now() + 60_000).toISOString() })).toEqual([]);
    expect(await list({ limit: 10, until: always })).toEqual([]);
    const first = await outbound.deliveries.log.listDeliveries(organization.admin, { limit: 2 });
    const second = await outbound.deliveries.log.listDeliveries(organization.admin, {
      limit: 2,
      cursor: first.nextCursor,
    });
    expect([...first.items, ...second.items].map((one) => one.eventType)).toEqual([
      'tool.called',
      'task.created',
      'task.created',
    ]);
    expect(second.nextCursor).toBeUndefined();
  });

  test('tells how an endpoint answered lately', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    const stats = () => outbound.deliveries.endpoints.stats(organization.admin, endpoint.id, 24);
    expect(await stats()).toEqual({ attempts: 0, succeeded: 0, p50: null, p95: null, waiting: 0 });
    for (let one = 0; one < 4; one += 1) await organization.publish('task.created');
    await endpoint.dispatch(4);
    await endpoint.fault({ status: 500 });
    await endpoint.work();
    expect(await stats()).toMatchObject({
      attempts: 4,
      succeeded: 3,
      waiting: 1,
      p50: expect.any(Number),
      p95: expect.any(Number),
    });
  });
});

describe('a test of an endpoint', () => {
  test('is one signed request that tells how it went, and goes through an open breaker', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    await outbound.deliveries.log.test(organization.admin, endpoint.id);
    await endpoint.work();
    const [got] = await endpoint.received();
    expect(got).not.toHaveProperty('refusal');
    expect(JSON.parse(got?.body ?? '')).toMatchObject({ type: 'endpoint.test', data: { subjectId: endpoint.id } });
    await endpoint.fault({ status: 500, times: 5 });
    for (let time = 0; time < 5; time += 1) {
      await outbound.deliveries.log.test(organization.admin, endpoint.id);
      await endpoint.work();
    }
    expect((await endpoint.row()).openUntil).not.toBeNull();
    await endpoint.work();
    const { id } = await outbound.deliveries.log.test(organization.admin, endpoint.id);
    await endpoint.work();
    expect((await endpoint.deliveries()).find((one) => one.id === id)).toMatchObject({
      status: 'delivered',
      attempts: 1,
    });
    expect((await endpoint.row()).openUntil).toBeNull();
    const statuses = (await endpoint.deliveries()).map(({ status }) => status);
    expect(statuses).toEqual(['delivered', 'failed', 'failed', 'failed', 'failed', 'failed', 'delivered']);
  });
});
