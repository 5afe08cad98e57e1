import { newId, systemClock, silentTelemetry } from '@devmesh/foundation';
import type { GuardedFetch, Stream } from '@devmesh/infrastructure';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openOutbound, type Outbound, type TestEndpoint } from './outbound.fixture.ts';
import { createDeliveryWorker } from './worker.ts';

let outbound: Outbound;
beforeAll(async () => {
  outbound = await openOutbound();
});
afterAll(() => outbound.close());

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

interface WorkerOptions {
  readonly fetch?: GuardedFetch;
  readonly stream?: Stream;
}

async function startWorker(options: WorkerOptions = {}): Promise<void> {
  const worker = createDeliveryWorker({
    ...outbound,
    ...options,
    newId,
    clock: systemClock,
    telemetry: silentTelemetry,
    lookEveryMilliseconds: 200,
    graceMilliseconds: 100,
  });
  await worker.start();
  stops.push(() => worker.stop());
}

const ids = async (endpoint: TestEndpoint): Promise<ReadonlySet<string>> =>
  new Set((await endpoint.received()).map(({ id }) => id));

const patience = { timeout: 15_000, interval: 25 };

describe('the worker', () => {
  test('sends what happens to every endpoint that wants it, and nothing twice [webhooks.out]', async () => {
    const organization = await outbound.organization();
    const endpoints = [await organization.endpoint(), await organization.endpoint({ eventTypes: ['task.*'] })];
    await startWorker();
    for (let one = 0; one < 10; one += 1) await organization.publish(one % 2 === 0 ? 'task.created' : 'tool.called');
    const counts = () => Promise.all(endpoints.map(async (endpoint) => (await endpoint.received()).length));
    await expect.poll(counts, patience).toEqual([10, 5]);
    const statuses = async () => (await endpoints[0]?.deliveries())?.every(({ status }) => status === 'delivered');
    await expect.poll(statuses, patience).toBe(true);
    expect(await counts()).toEqual([10, 5]);
  });

  test('makes up for every ring that is lost [webhooks.out-lossless]', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    let lost = 0;
    const lossy: Stream = {
      ...outbound.stream,
      append: (topic, entries) => {
        // The regular look rings through the same stream, so every second ring arrives.
        lost += 1;
        return lost % 2 === 1 ? Promise.reject(new Error('Redis is away')) : outbound.stream.append(topic, entries);
      },
    };
    await organization.publish('task.created');
    await startWorker({ stream: lossy });
    await expect.poll(async () => (await endpoint.received()).length, patience).toBe(1);
    expect(lost).toBeGreaterThan(1);
  });

  test('goes on where another was killed: nothing is lost, and what comes twice has the same id [webhooks.out-lossless]', async () => {
    const organization = await outbound.organization();
    const endpoint = await organization.endpoint();
    let sent = 0;
    const dying: GuardedFetch = async (url, request) => {
      sent += 1;
      const mine = sent;
      if (mine % 3 === 0) return new Promise(() => undefined);
      const response = await outbound.fetch(url, request);
      return mine % 3 === 1 ? new Promise(() => undefined) : response;
    };
    await startWorker({ fetch: dying });
    const kill = stops.pop();
    for (let one = 0; one < 12; one += 1) await organization.publish('task.created');
    await expect.poll(() => sent, patience).toBeGreaterThanOrEqual(4);
    // Its requests never end, so neither does its stop; from here on it only holds what it held.
    void kill?.();
    await startWorker();
    await expect
      .poll(async () => {
        await endpoint.pass(26);
        return (await ids(endpoint)).size;
      }, patience)
      .toBe(12);
    const delivered = async () => (await endpoint.deliveries()).filter(({ status }) => status === 'delivered').length;
    await expect.poll(delivered, patience).toBe(12);
  });

  test('does not let a receiver that hangs hold up other endpoints, or other organizations [webhooks.out-apart]', async () => {
    const [busy, other] = [await outbound.organization(), await outbound.organization()];
    const hanging = await Promise.all(Array.from({ length: 8 }, () => busy.endpoint({ eventTypes: ['tool.called'] })));
    const quick = await other.endpoint();
    for (const endpoint of hanging) await endpoint.fault({ delayMilliseconds: 600_000, times: 100 });
    const sibling = await busy.endpoint({ eventTypes: ['task.created'] });
    await startWorker();
    for (let one = 0; one < 6; one += 1) await busy.publish('tool.called');
    await other.publish('task.created');
    await expect.poll(async () => (await quick.received()).length, patience).toBe(1);
    // Six of the eight hold the lanes of their organization; the sibling has to wait for one of them, no other has.
    expect(await sibling.received()).toEqual([]);
  });

  test('is ready while it can look, and says so when it cannot', async () => {
    const broken = {
      ...outbound.database,
      system: () => Promise.reject(new Error('the database is away')),
    } as typeof outbound.database;
    const worker = createDeliveryWorker({
      ...outbound,
      database: broken,
      newId,
      clock: systemClock,
      telemetry: silentTelemetry,
      lookEveryMilliseconds: 50,
    });
    stops.push(() => worker.stop());
    await worker.start();
    await expect.poll(() => worker.ready(), patience).toEqual({ ready: false, reason: 'its last look failed' });
  });
});
