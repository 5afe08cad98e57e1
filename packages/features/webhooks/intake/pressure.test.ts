import { MeshError, silentTelemetry } from '@devmesh/foundation';
import { createRateLimit, openMemoryKeyValue, type Database, type RateLimit } from '@devmesh/infrastructure';
import { fakeClock, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, gate, newPrincipal, push, secret, setUp, watched } from './intake.fixture.ts';

const limiter = (): RateLimit => {
  const clock = fakeClock();
  return createRateLimit({ keyvalue: openMemoryKeyValue({ clock }), name: 'test', telemetry: silentTelemetry, clock });
};

describe('webhook intake under pressure', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  it('refuses more arrivals than it may hold, and takes them again afterwards [webhooks.back-pressure]', async () => {
    const { database: over, seam } = watched(database);
    const { webhooks, source, stored } = await setUp(database, { over, limits: { maximumArrivals: 3 } });
    await webhooks.receive(source.id, push());
    const held = gate();
    seam.beforeCommit = held.pass;
    const inside = [1, 2, 3].map(() => webhooks.receive(source.id, push()));
    await held.reached;
    await expect(webhooks.receive(source.id, push())).rejects.toMatchObject({
      code: 'unavailable',
      retryAfterSeconds: 1,
    });
    held.open();
    await Promise.all(inside);
    await webhooks.receive(source.id, push());
    expect(await stored()).toMatchObject({ events: 5 });
  });

  it('refuses more bytes than it may hold, before it reads them [webhooks.back-pressure]', async () => {
    const { webhooks, source } = await setUp(database, { limits: { maximumBytes: 100 } });
    const { headers } = push();
    headers.set('content-length', '101');
    const rawBody = () => Promise.reject(new Error('it was read'));
    expect(await codeOf(webhooks.receive(source.id, { headers, rawBody }))).toBe('unavailable');
    for (let sent = 0; sent < 6; sent += 1) await webhooks.receive(source.id, push());
  });

  it('refuses a body beyond the limit of the source before it reads it', async () => {
    const { webhooks, create } = await setUp(database);
    const small = await create('small', { maximumBodyBytes: 1_024 });
    const { headers } = push();
    headers.set('content-length', '1025');
    const rawBody = () => Promise.reject(new Error('it was read'));
    expect(await codeOf(webhooks.receive(small.id, { headers, rawBody }))).toBe('too_large');
    headers.delete('content-length');
    const limits: number[] = [];
    const endless = (maximumBytes: number) => {
      limits.push(maximumBytes);
      return Promise.reject(new MeshError('too_large', 'too much'));
    };
    expect(await codeOf(webhooks.receive(small.id, { headers, rawBody: endless }))).toBe('too_large');
    expect(limits).toEqual([1_024]);
  });

  it('refuses a tenant with a full backlog, and no other, until it is worked off [webhooks.back-pressure]', async () => {
    const clock = fakeClock();
    const { webhooks, source, principal, stored, open } = await setUp(database, {
      clock,
      limits: { maximumBacklog: 5 },
    });
    const elsewhere = open({ limits: { maximumBacklog: 4 } });
    const other = await newPrincipal(database);
    const request = { name: 'other', kind: 'github' as const, secret };
    const free = await webhooks.createSource(other, request, async () => undefined);
    await webhooks.receive(free.source.id, push());
    const codes: string[] = [];
    for (let sent = 0; sent < 6; sent += 1) codes.push(await codeOf(webhooks.receive(source.id, push())));
    // One that commits while the first count runs may be counted twice.
    expect(codes.slice(0, 4)).toEqual(Array(4).fill('accepted'));
    expect(codes.at(-1)).toBe('rate_limited');
    await expect(webhooks.receive(source.id, push())).rejects.toMatchObject({ retryAfterSeconds: 5 });
    for (let sent = 0; sent < 2; sent += 1) await webhooks.receive(free.source.id, push());
    await expect
      .poll(() => codeOf(elsewhere.webhooks.receive(source.id, push({ delivery: 'known' }))))
      .toBe('rate_limited');
    await database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.webhook_events set status = 'processed'`.execute(tx),
    );
    await clock.advance(1_000);
    await expect.poll(() => codeOf(webhooks.receive(source.id, push({ delivery: 'd-6' })))).toBe('accepted');
    expect((await stored()).events).toBeLessThanOrEqual(7);
  });

  it('refuses what a source sends beyond its limit, and tells the limit [webhooks.back-pressure]', async () => {
    const { webhooks, create, stored } = await setUp(database, { rateLimit: limiter() });
    const slow = await create('slow', { requestsPerMinute: 2 });
    await webhooks.receive(slow.id, push());
    await webhooks.receive(slow.id, push());
    const answer = await webhooks.answer(slow.id, push());
    expect(answer).toMatchObject({
      refusal: { code: 'rate_limited', retryAfterSeconds: 30 },
      limited: { policies: [{ policy: 'webhook-source', limit: 2, windowSeconds: 60, remaining: 0 }] },
    });
    expect(await stored()).toMatchObject({ events: 2 });
  });

  it.each([
    ['fails', () => Promise.reject(new MeshError('unavailable', 'Redis is away'))],
    ['hangs', () => new Promise<never>(() => undefined)],
  ])('takes webhooks while the limiter %s [webhooks.committed-first]', async (_name, checkAll) => {
    const rateLimit = { check: checkAll, checkAll } as RateLimit;
    const { webhooks, source } = await setUp(database, { rateLimit });
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('accepted');
  });

  it('answers although the stream hangs [webhooks.committed-first]', async () => {
    const { webhooks, source } = await setUp(database, { append: () => new Promise(() => undefined) });
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('accepted');
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('accepted');
  });

  it('refuses instead of waiting for a database that hangs, and stores a late one once [webhooks.no-hang]', async () => {
    const { database: over, seam } = watched(database);
    const { webhooks, source, open } = await setUp(database, { over });
    const impatient = open({ limits: { deadlineMilliseconds: 300 } }).webhooks;
    await expect.poll(() => codeOf(impatient.receive(source.id, push()))).toBe('accepted');
    const held = gate();
    seam.beforeCommit = held.pass;
    const first = codeOf(impatient.receive(source.id, push({ delivery: 'late' })));
    await held.reached;
    const queued = codeOf(impatient.receive(source.id, push({ delivery: 'withdrawn' })));
    expect(await Promise.all([first, queued])).toEqual(['unavailable', 'unavailable']);
    held.open();
    expect(await webhooks.receive(source.id, push({ delivery: 'late' }))).toMatchObject({ duplicate: true });
    expect(await webhooks.receive(source.id, push({ delivery: 'withdrawn' }))).toMatchObject({ duplicate: false });
  });
});
