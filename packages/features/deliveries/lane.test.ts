import type { GuardedFetch } from '@devmesh/infrastructure';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { breakAfter } from './breaker.ts';
import { takeLoad } from './lease.ts';
import { openOutbound, type Organization, type Outbound, type TestEndpoint } from './outbound.fixture.ts';

let outbound: Outbound;
let organization: Organization;
beforeAll(async () => {
  outbound = await openOutbound();
  organization = await outbound.organization();
});
afterAll(() => outbound.close());

/** An endpoint with so many deliveries that are due. */
async function endpointWith(
  count: number,
  options: Parameters<Organization['endpoint']>[0] = {},
): Promise<TestEndpoint> {
  const own = await outbound.organization();
  organization = own;
  const endpoint = await own.endpoint(options);
  for (let one = 0; one < count; one += 1) await own.publish('task.created', { one });
  await endpoint.dispatch(count);
  return endpoint;
}

const first = async (endpoint: TestEndpoint) => {
  const [delivery] = await endpoint.deliveries();
  if (delivery === undefined) throw new Error('there is no delivery');
  return delivery;
};

describe('a delivery', () => {
  test('is posted signed, so that the receiver and the official verifier find it genuine, and logged [webhooks.out]', async () => {
    const endpoint = await endpointWith(1, { headers: { 'X-Team': 'mesh' } });
    await endpoint.work();
    const [got] = await endpoint.received();
    const delivery = await first(endpoint);
    expect(got).toMatchObject({ id: delivery.id });
    expect(got).not.toHaveProperty('refusal');
    const headers = {
      'webhook-id': got!.id,
      'webhook-timestamp': got!.timestamp,
      'webhook-signature': got!.signature,
    };
    const { tenantId } = organization;
    expect(new Webhook(endpoint.secret.open()).verify(got!.body, headers)).toMatchObject({
      type: 'task.created',
      timestamp: expect.stringMatching(/Z$/u),
      data: { organizationId: tenantId, summary: 'task.created!', detail: { one: 0 } },
    });
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 1, lastStatus: 204, lastError: null });
    expect(await endpoint.attempts(delivery.id)).toMatchObject([{ number: 1, succeeded: true, statusCode: 204 }]);
    const journal = await outbound.mock.fetch(new Request('http://mock.test/_control/requests'));
    const { requests } = (await journal.json()) as { requests: { headers: Record<string, string> }[] };
    expect(requests.at(-1)?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-team': 'mesh',
      'user-agent': expect.stringContaining('DeveloperMesh'),
    });
  });

  test('that fails is sent again by the schedule: the same id and body, a new time and signature [webhooks.out]', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.fault({ status: 500, times: 1 });
    await endpoint.work();
    expect(await first(endpoint)).toMatchObject({
      status: 'waiting',
      attempts: 1,
      lastStatus: 500,
      lastError: 'HTTP 500',
    });
    await endpoint.work();
    expect(await endpoint.received()).toEqual([]);
    await endpoint.pass(6);
    const later = { now: () => Date.now() + 7_000, sleep: () => Promise.resolve() };
    await endpoint.work({ clock: later });
    const delivery = await first(endpoint);
    expect(delivery).toMatchObject({ status: 'delivered', attempts: 2 });
    const [got] = await endpoint.received();
    expect(got).toMatchObject({ id: delivery.id });
    expect(got).not.toHaveProperty('refusal');
    const bodies = await attemptsSeen(endpoint);
    expect(new Set(bodies.map(({ body }) => body)).size).toBe(1);
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(1);
    expect(new Set(bodies.map(({ timestamp }) => timestamp)).size).toBe(2);
  });

  test('has failed for good after the last attempt of the schedule, which the feed tells and no endpoint gets', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.fault({ status: 404, times: 100 });
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await endpoint.work();
      await endpoint.pass(40_000);
    }
    const delivery = await first(endpoint);
    expect(delivery).toMatchObject({ status: 'failed', attempts: 8, lastError: 'HTTP 404' });
    expect((await endpoint.attempts(delivery.id)).map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    const { items } = await outbound.events.list(organization.tenantId, { limit: 10 });
    expect(items[0]).toMatchObject({ type: 'delivery.failed', subjectId: delivery.id });
    await endpoint.dispatch(0);
    expect(await endpoint.deliveries()).toHaveLength(1);
  });

  test('waits as long as a limiting receiver asks', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.fault({ status: 429, headers: { 'Retry-After': '3600' } });
    await endpoint.work();
    await endpoint.pass(3_500);
    await endpoint.work();
    expect(await endpoint.received()).toEqual([]);
    await endpoint.pass(101);
    await endpoint.work();
    expect(await endpoint.received()).toHaveLength(1);
  });
});

/** Every request that reached the receiver's door, also those that a fault answered. */
async function attemptsSeen(endpoint: TestEndpoint) {
  const delivery = await first(endpoint);
  const journal = await outbound.mock.fetch(new Request('http://mock.test/_control/requests'));
  const { requests } = (await journal.json()) as { requests: { headers: Record<string, string>; body: string }[] };
  return requests
    .map(({ headers, body }) => ({ id: headers['webhook-id'], timestamp: headers['webhook-timestamp'], body }))
    .filter(({ id }) => id === delivery.id);
}

describe('the way out', () => {
  test.each([
    ['loopback', 'http://127.0.0.1:9/hook'],
    ['the metadata of the cloud', 'http://169.254.169.254/latest/meta-data/'],
    ['a private network', 'https://10.0.0.1/hook'],
    ['IPv6 loopback', 'http://[::1]:9/hook'],
  ])('does not lead to %s: nothing is sent, and the log says why [outbound.guarded]', async (_name, url) => {
    const endpoint = await endpointWith(1, { url });
    await endpoint.work({ fetch: outbound.guarded([]) });
    const delivery = await first(endpoint);
    expect(delivery).toMatchObject({ status: 'waiting', attempts: 1, lastStatus: null, lastError: 'address_refused' });
    expect(await endpoint.attempts(delivery.id)).toMatchObject([{ succeeded: false, errorCode: 'address_refused' }]);
  });

  test.each(['http://169.254.169.254/', '/receivers/elsewhere'])(
    'does not follow a redirect to %s; it is a failure that shows itself [outbound.guarded]',
    async (location) => {
      const endpoint = await endpointWith(1);
      await endpoint.fault({ status: 307, headers: { Location: location } });
      await endpoint.work();
      expect(await first(endpoint)).toMatchObject({ status: 'waiting', lastStatus: 307, lastError: 'HTTP 307' });
      expect(await attemptsSeen(endpoint)).toHaveLength(1);
    },
  );

  test('keeps of an answer only the beginning, and none of the secrets that a receiver echoes', async () => {
    const endpoint = await endpointWith(1, { headers: { authorization: 'Bearer very-secret-value' } });
    const echo: GuardedFetch = async (url, request) => {
      const response = await outbound.fetch(url, request);
      const text = `${JSON.stringify(request?.headers)} ${endpoint.secret.open()} \u0000${'x'.repeat(5_000)}`;
      return { ...response, status: 500, text: () => text };
    };
    await endpoint.work({ fetch: echo });
    const [attempt] = await endpoint.attempts((await first(endpoint)).id);
    expect(attempt?.excerpt).toHaveLength(500);
    expect(attempt?.excerpt).not.toMatch(/very-secret-value|whsec_/u);
    expect(attempt?.excerpt).toContain('[redacted]');
  });
});

describe('a crash', () => {
  /** A fetch that does send, and whose worker dies before it could note the result. */
  const dyingAfterSending: GuardedFetch = async (url, request) => {
    await outbound.fetch(url, request);
    return new Promise(() => undefined);
  };

  test('after the request, before its result is noted: it is sent again with the same id once the lease is over [webhooks.out-lossless]', async () => {
    const endpoint = await endpointWith(1);
    void endpoint.work({ fetch: dyingAfterSending });
    await expect.poll(() => endpoint.received()).toHaveLength(1);
    await endpoint.work();
    expect(await endpoint.received()).toHaveLength(1);
    await endpoint.pass(26);
    await endpoint.work();
    const received = await endpoint.received();
    expect(received.map(({ id }) => id)).toEqual([received[0]?.id, received[0]?.id]);
    expect(new Set(received.map(({ body }) => body)).size).toBe(1);
    expect(await first(endpoint)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('before the request: it is sent once the lease is over [webhooks.out-lossless]', async () => {
    const endpoint = await endpointWith(1);
    const address = { tenantId: organization.tenantId, endpointId: endpoint.id };
    expect(await takeLoad({ ...outbound, leaseSeconds: 25 }, address)).toMatchObject({ deliveries: [{}] });
    await endpoint.work();
    expect(await endpoint.received()).toEqual([]);
    await endpoint.pass(26);
    await endpoint.work();
    expect(await endpoint.received()).toHaveLength(1);
  });

  test('that was none: a late result of a worker that lost its lease changes nothing', async () => {
    const endpoint = await endpointWith(1);
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const slow: GuardedFetch = async (url, request) => {
      const response = await outbound.fetch(url, request);
      await answered;
      return { ...response, status: 410 };
    };
    const late = endpoint.work({ fetch: slow });
    await expect.poll(() => endpoint.received()).toHaveLength(1);
    await endpoint.pass(26);
    await endpoint.fault({ status: 500 });
    await endpoint.work();
    const before = await first(endpoint);
    expect(before).toMatchObject({ status: 'waiting', attempts: 1, lastStatus: 500 });
    answer();
    await late;
    expect(await first(endpoint)).toEqual(before);
    expect(await endpoint.row()).toMatchObject({ enabled: true, failures: 1 });
    expect(await endpoint.attempts(before.id)).toHaveLength(1);
  });

  test('of every worker that takes it up ends: it is given up, its endpoint unharmed', async () => {
    const endpoint = await endpointWith(1);
    const address = { tenantId: organization.tenantId, endpointId: endpoint.id };
    for (let time = 0; time < 20; time += 1) {
      expect(await takeLoad({ ...outbound, leaseSeconds: 25 }, address)).toMatchObject({ deliveries: [{}] });
      await endpoint.pass(26);
    }
    await endpoint.work();
    expect(await endpoint.received()).toEqual([]);
    expect(await first(endpoint)).toMatchObject({ status: 'failed', lastError: 'internal' });
    expect(await endpoint.row()).toMatchObject({ failures: 0 });
  });

  test('in good order: what is under way at the end of the grace is cut off, counts as no attempt, and is due at once', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.fault({ delayMilliseconds: 600_000 });
    const stopping = new AbortController();
    const working = endpoint.work({}, stopping.signal);
    await expect.poll(() => attemptsSeen(endpoint)).toHaveLength(1);
    stopping.abort();
    await working;
    expect(await first(endpoint)).toMatchObject({ status: 'waiting', attempts: 0 });
    await endpoint.work();
    expect(await first(endpoint)).toMatchObject({ status: 'delivered', attempts: 1 });
  });

  test('is not made worse by a stop: nothing new is taken up', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.work({ stopping: () => true });
    expect(await endpoint.received()).toEqual([]);
  });
});

describe('the breaker of an endpoint', () => {
  test('opens after failures in a row: what waits is not burnt as attempts, one probe goes, and success lets all go [webhooks.out-breaker]', async () => {
    const endpoint = await endpointWith(12);
    let up = false;
    const fetch: GuardedFetch = async (url, request) =>
      up ? outbound.fetch(url, request) : { ...(await outbound.fetch(outbound.mock.url())), status: 500 };
    const work = async (): Promise<void> => endpoint.work({ fetch });
    await work();
    const opened = await endpoint.row();
    expect(opened.openUntil).not.toBeNull();
    expect(opened.failures).toBeGreaterThanOrEqual(breakAfter);
    const burnt = (await endpoint.deliveries()).filter(({ attempts }) => attempts > 0).length;
    expect(burnt).toBeLessThan(12);
    await endpoint.pass(20);
    await work();
    expect((await endpoint.row()).failures).toBe(opened.failures);
    await endpoint.pass(11);
    await work();
    expect(await endpoint.row()).toMatchObject({ failures: opened.failures + 1, openings: 2 });
    up = true;
    await endpoint.pass(61);
    await work();
    const row = await endpoint.row();
    expect(row).toMatchObject({ failures: 0, openings: 0, openUntil: null, failingSince: null });
    await endpoint.pass(400);
    await work();
    const delivered = Array.from({ length: 12 }, () => 'delivered');
    expect((await endpoint.deliveries()).map(({ status }) => status)).toEqual(delivered);
  });

  test('switches the endpoint off after five days of failures, with a notice, and keeps what waits', async () => {
    const endpoint = await endpointWith(6);
    await endpoint.fault({ status: 500, times: 100 });
    await endpoint.work();
    expect(await endpoint.row()).toMatchObject({ enabled: true });
    await endpoint.pass(5 * 86_400);
    await endpoint.work();
    expect(await endpoint.row()).toMatchObject({ enabled: false, disabledReason: 'failing', openUntil: null });
    expect(await organization.notices()).toEqual([expect.stringContaining('switched off')]);
    expect(await organization.auditActions()).toContain('system endpoints.disable');
    const waiting = (await endpoint.deliveries()).filter(({ status }) => status === 'waiting').length;
    expect(waiting).toBeGreaterThan(0);
    await endpoint.pass(86_400);
    await endpoint.work();
    expect((await endpoint.deliveries()).filter(({ status }) => status === 'waiting')).toHaveLength(waiting);
  });

  test('is not asked of a receiver that is gone: 410 switches its endpoint off at once', async () => {
    const endpoint = await endpointWith(1);
    await endpoint.fault({ status: 410 });
    await endpoint.work();
    expect(await endpoint.row()).toMatchObject({ enabled: false, disabledReason: 'gone' });
    expect(await first(endpoint)).toMatchObject({ status: 'failed', attempts: 1 });
    expect(await organization.notices()).toHaveLength(1);
    const { items } = await outbound.events.list(organization.tenantId, { limit: 10 });
    expect(items.map(({ type }) => type)).toContain('endpoint.disabled');
  });
});

describe('an endpoint', () => {
  test('gets at most four requests at once, whoever works for it', async () => {
    const endpoint = await endpointWith(9);
    let now = 0;
    let most = 0;
    const counting: GuardedFetch = async (url, request) => {
      most = Math.max(most, (now += 1));
      try {
        return await outbound.fetch(url, request);
      } finally {
        now -= 1;
      }
    };
    await Promise.all([1, 2, 3].map(() => endpoint.work({ fetch: counting })));
    await endpoint.work();
    expect(most).toBe(4);
    const received = await endpoint.received();
    expect(new Set(received.map(({ id }) => id)).size).toBe(9);
    expect(received).toHaveLength(9);
  });

  test('gets, one after the other, what happened in its order', async () => {
    const endpoint = await endpointWith(5);
    await endpoint.work({ fetch: oneByOne(outbound.fetch) });
    const order = (await endpoint.received()).map(
      ({ body }) => (JSON.parse(body) as { data: { detail: { one: number } } }).data.detail.one,
    );
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test('that changes its secret gets both signatures until the grace is over [webhooks.out-rotation]', async () => {
    const endpoint = await endpointWith(1);
    const rotation = { endpointId: endpoint.id, graceSeconds: 3_600 };
    const { secret } = await outbound.deliveries.endpoints.rotate(organization.admin, rotation, () =>
      Promise.resolve(),
    );
    await endpoint.work();
    const [got] = await endpoint.received();
    expect(got?.signature.split(' ')).toHaveLength(2);
    expect(got).not.toHaveProperty('refusal');
    await endpoint.expects(secret);
    await organization.publish('task.created');
    await endpoint.dispatch(1);
    await endpoint.work();
    await endpoint.pass(3_601);
    await organization.publish('task.created');
    await endpoint.dispatch(1);
    await endpoint.work();
    const [, during, after] = await endpoint.received();
    expect([during?.signature.split(' ').length, after?.signature.split(' ').length]).toEqual([2, 1]);
    expect([during, after].some((one) => one?.refusal !== undefined)).toBe(false);
  });
});

/** Requests wait for each other, in the order in which they were begun. */
function oneByOne(fetch: GuardedFetch): GuardedFetch {
  let last: Promise<unknown> = Promise.resolve();
  return (url, request) => {
    const mine = last.then(() => fetch(url, request));
    last = mine.catch(() => undefined);
    return mine;
  };
}
