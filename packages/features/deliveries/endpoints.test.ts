import { newId } from '@devmesh/foundation';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noCommit, openOutbound, type Outbound } from './outbound.fixture.ts';

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound();
});
afterAll(() => outbound.close());

const request = { url: 'https://hooks.example.com/in?token=1', description: 'd', eventTypes: ['task.*'], headers: {} };
const { stringify } = JSON;

describe('an endpoint', () => {
  test('shows its secret once, and keeps it and its headers sealed', async () => {
    const { admin, tenantId } = await outbound.organization();
    const { endpoints } = outbound.deliveries;
    const headers = { 'X-Key': 'k-3141592', Authorization: 'Bearer b-2718281' };
    const { endpoint, secret } = await endpoints.create(admin, { ...request, headers }, noCommit);
    expect(endpoint).toMatchObject({ url: request.url, headerNames: ['authorization', 'x-key'], enabled: true });
    const shown = stringify([await endpoints.get(admin, endpoint.id), await endpoints.list(admin, { limit: 10 })]);
    const stored = await outbound.database.tenant(tenantId, async (tx) => {
      const { rows } = await sql`
        select to_jsonb(endpoint) as row, encode(secret, 'escape') as secret, encode(headers, 'escape') as headers
        from mcp.webhook_endpoints as endpoint`.execute(tx);
      return stringify(rows);
    });
    for (const hidden of [secret.open(), secret.open().slice(6), 'k-3141592', 'b-2718281']) {
      expect(shown).not.toContain(hidden);
      expect(stored).not.toContain(hidden);
    }
  });

  test.each(['Content-Type', 'webhook-signature', 'Host', 'transfer-encoding', 'User-Agent'])(
    'may not add the header %s',
    async (name) => {
      const { admin } = await outbound.organization();
      const attempt = outbound.deliveries.endpoints.create(admin, { ...request, headers: { [name]: 'x' } }, noCommit);
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_request' });
      expect((await outbound.deliveries.endpoints.list(admin, { limit: 10 })).items).toEqual([]);
    },
  );

  test('is not stored where its answer cannot be remembered', async () => {
    const organization = await outbound.organization();
    const { admin } = organization;
    const failing = (): Promise<void> => Promise.reject(new Error('no room for the answer'));
    await expect(outbound.deliveries.endpoints.create(admin, request, failing)).rejects.toThrow('no room');
    expect((await outbound.deliveries.endpoints.list(admin, { limit: 10 })).items).toEqual([]);
    expect(await organization.auditActions()).toEqual([]);
  });

  test('is changed as far as is asked, and every change is audited', async () => {
    const organization = await outbound.organization();
    const { admin } = organization;
    const { endpoints } = outbound.deliveries;
    const { endpoint } = await endpoints.create(admin, { ...request, headers: { a: 'b' } }, noCommit);
    const changed = await endpoints.update(admin, endpoint.id, {
      url: 'https://other.example.com/',
      eventTypes: ['*'],
    });
    expect(changed).toEqual({ ...endpoint, url: 'https://other.example.com/', eventTypes: ['*'] });
    expect(await endpoints.update(admin, endpoint.id, {})).toEqual(changed);
    expect(await endpoints.update(admin, endpoint.id, { headers: {} })).toMatchObject({ headerNames: [] });
    expect(await endpoints.update(admin, endpoint.id, { enabled: false })).toMatchObject({ disabledReason: 'asked' });
    await endpoints.remove(admin, endpoint.id);
    await expect(endpoints.get(admin, endpoint.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await organization.auditActions()).toEqual([
      'key endpoints.delete',
      ...Array.from({ length: 4 }, () => 'key endpoints.update'),
      'key endpoints.create',
    ]);
  });

  test('that is switched on again begins with a closed breaker', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    for (let count = 0; count < 5; count += 1) await organization.publish('task.created');
    await endpoint.dispatch(5);
    await endpoint.fault({ status: 500, times: 5 });
    await endpoint.work();
    await endpoint.work();
    expect((await endpoint.row()).openUntil).not.toBeNull();
    await outbound.deliveries.endpoints.update(organization.admin, endpoint.id, { enabled: true });
    expect(await endpoint.row()).toMatchObject({ openUntil: null, failures: 0, failingSince: null });
  });

  test('takes its deliveries with it, and a worker that still holds one notes nothing', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    await organization.publish('task.created');
    await endpoint.dispatch(1);
    await endpoint.work({
      fetch: async (url, sent) => {
        await outbound.deliveries.endpoints.remove(organization.admin, endpoint.id);
        return outbound.fetch(url, sent);
      },
    });
    expect(await endpoint.deliveries()).toEqual([]);
  });

  test('is one of at most a hundred', async () => {
    const { admin, tenantId } = await outbound.organization();
    await outbound.deliveries.endpoints.create(admin, request, noCommit);
    await outbound.database.tenant(tenantId, (tx) =>
      sql`
        insert into mcp.webhook_endpoints (tenant_id, id, url, event_types, secret, position_xid, position_seq)
        select tenant_id, gen_random_uuid(), url, event_types, secret, position_xid, position_seq
        from mcp.webhook_endpoints, generate_series(1, 99)`.execute(tx),
    );
    const another = outbound.deliveries.endpoints.create(admin, request, noCommit);
    await expect(another).rejects.toMatchObject({ code: 'conflict' });
  });
});

test('no other organization reads, changes, rotates, tests or deletes an endpoint [tenancy.no-foreign-rows]', async () => {
  const [own, other] = [await outbound.organization(), await outbound.organization()];
  const endpoint = await own.endpoint();
  await own.publish('task.created');
  await endpoint.dispatch(1);
  const [delivery] = await endpoint.deliveries();
  const { endpoints, log } = outbound.deliveries;
  const range = { since: new Date(0).toISOString() };
  const attempts = [
    endpoints.get(other.admin, endpoint.id),
    endpoints.update(other.admin, endpoint.id, { enabled: false }),
    endpoints.remove(other.admin, endpoint.id),
    endpoints.rotate(other.admin, { endpointId: endpoint.id, graceSeconds: 0 }, noCommit),
    endpoints.stats(other.admin, endpoint.id, 24),
    log.test(other.admin, endpoint.id),
    log.retryRange(other.admin, endpoint.id, range),
    log.getDelivery(other.admin, delivery?.id ?? ''),
    log.retry(other.admin, delivery?.id ?? ''),
    endpoints.get(own.admin, newId()),
  ];
  for (const attempt of await Promise.allSettled(attempts)) {
    expect(attempt).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
  }
  expect((await endpoints.list(other.admin, { limit: 10 })).items).toEqual([]);
  expect(await endpoint.row()).toMatchObject({ enabled: true });
});
