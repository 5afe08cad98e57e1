import { createHmac } from 'node:crypto';
import { MeshError, newId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { newMasterKeys, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, gate, openProcess, push, secret, setUp, traced, watched } from './intake.fixture.ts';

describe('webhook intake', () => {
  let database: Database;
  beforeAll(async () => {
    database = await openTestDatabase();
  });
  afterAll(() => database.close());

  const nothing = { events: 0, deliveries: 0, audited: 0, told: 0 };
  it('answers only once the event is committed, with its audit line and its feed event [webhooks.committed-first]', async () => {
    const { database: over, seam } = watched(database);
    const { webhooks, source, stored } = await setUp(database, { over });
    const held = gate();
    seam.beforeCommit = held.pass;
    let answered = false;
    const receiving = webhooks.receive(source.id, push()).finally(() => {
      answered = true;
    });
    await held.reached;
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    held.open();
    const { duplicate } = await receiving;
    expect(duplicate).toBe(false);
    expect(await stored()).toEqual({ events: 1, deliveries: 1, audited: 1, told: 1 });
  });

  it('refuses what could not be committed, and rings for nothing', async () => {
    const { database: over, seam } = watched(database);
    const { webhooks, source, stored, rung } = await setUp(database, { over });
    await webhooks.receive(source.id, push());
    seam.beforeCommit = () => Promise.reject(new MeshError('unavailable', 'gone'));
    expect(await codeOf(webhooks.receive(source.id, push()))).toBe('unavailable');
    expect(await stored()).toMatchObject({ events: 1, audited: 1 });
    expect(rung).toHaveLength(1);
  });

  it('writes nothing for a bad signature [webhooks.signature]', async () => {
    const { webhooks, source, stored, rung } = await setUp(database);
    expect(await codeOf(webhooks.receive(source.id, push({ sign: 'another secret' })))).toBe('bad_signature');
    expect(await stored()).toEqual(nothing);
    expect(rung).toEqual([]);
  });

  it('takes equal bodies without an id of the sender for one event within an hour, and for another one later', async () => {
    const { webhooks, source, stored, principal } = await setUp(database);
    const send = async (delivery: string) => (await webhooks.receive(source.id, push({ delivery }))).duplicate;
    const ids = ['sha256:0123', 'an-id-of-the-sender'];
    const sendAll = async () => [await send(ids[0]!), await send(ids[1]!)];
    const age = (interval: string) =>
      database.tenant(principal.tenantId, (tx) =>
        sql`update mcp.webhook_deliveries set received_at = now() - ${interval}::interval`.execute(tx),
      );
    expect(await sendAll()).toEqual([false, false]);
    await age('59 minutes');
    expect(await sendAll()).toEqual([true, true]);
    await age('61 minutes');
    expect(await sendAll()).toEqual([false, true]);
    expect(await sendAll()).toEqual([true, true]);
    expect(await stored()).toMatchObject({ events: 3, deliveries: 2 });
  });

  it('makes one event of deliveries that repeat, in one batch and across batches [webhooks.once]', async () => {
    const { webhooks, source, stored, rung } = await setUp(database);
    const again = () =>
      Promise.all(Array.from({ length: 20 }, () => webhooks.receive(source.id, push({ delivery: 'd-1' }))));
    const answers = [...(await again()), ...(await again())];
    expect(new Set(answers.map(({ eventId }) => eventId)).size).toBe(1);
    expect(answers.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(await stored()).toEqual({ events: 1, deliveries: 1, audited: 1, told: 1 });
    expect(rung).toHaveLength(1);
  });

  it('commits arrivals that came meanwhile in one transaction, each under its own trace', async () => {
    const { database: over, seen, seam } = watched(database);
    const { telemetry, within } = traced();
    const { webhooks, source, principal, rung, audit } = await setUp(database, { over, telemetry });
    const other = openProcess({ database, telemetry });
    await webhooks.receive(source.id, push());
    const held = gate();
    seam.beforeCommit = held.pass;
    const before = seen.tenant;
    const traces = Array.from({ length: 30 }, (_, index) => String(index).padStart(32, '0'));
    const receiving = traces.map((trace) =>
      within(trace, () => webhooks.receive(source.id, push({ event: `e${trace}` }))),
    );
    await held.reached;
    held.open();
    const eventIds = (await Promise.all(receiving)).map(({ eventId }) => eventId);
    expect(seen.tenant - before).toBeLessThanOrEqual(3);
    const { items } = await audit.list(principal.tenantId, { limit: 100, action: 'webhooks.receive' });
    const traceOf = new Map(items.map(({ subject, traceId }) => [subject, traceId]));
    expect(eventIds.map((eventId) => traceOf.get(eventId))).toEqual(traces);
    const feed = await other.events.list(principal.tenantId, { limit: 100 });
    expect(feed.items.filter(({ traceId }) => traceId !== undefined).map(({ traceId }) => traceId)).toEqual(
      expect.arrayContaining(traces),
    );
    expect(new Set(rung.map(({ subjectId }) => subjectId))).toEqual(new Set(items.map(({ subject }) => subject)));
    expect(rung.find(({ subjectId }) => subjectId === eventIds[7])?.traceparent).toContain(traces[7]);
  });

  it('refuses the one arrival that the database refuses, and takes those that came with it', async () => {
    const { database: over, seam } = watched(database);
    const { webhooks, source, stored, rung } = await setUp(database, { over });
    seam.beforeCommit = async (tx) => {
      const { rows } = await sql`select from mcp.webhook_events where event = 'bad'`.execute(tx);
      if (rows.length > 0) throw new Error('a constraint of the database');
    };
    const events = ['push', 'push', 'push', 'bad', 'push', 'push'];
    const codes = await Promise.all(events.map((event) => codeOf(webhooks.receive(source.id, push({ event })))));
    expect(codes).toEqual(['accepted', 'accepted', 'accepted', 'internal', 'accepted', 'accepted']);
    expect(await stored()).toEqual({ events: 5, deliveries: 5, audited: 5, told: 5 });
    expect(rung).toHaveLength(5);
  });

  it('accepts nothing for a source whose secret does not open', async () => {
    const { open, source, stored } = await setUp(database);
    const stranger = open({ masterKeys: newMasterKeys() }).webhooks;
    expect(await codeOf(stranger.receive(source.id, push()))).toBe('unavailable');
    expect(await codeOf(stranger.receive(source.id, push()))).toBe('unavailable');
    expect(await stored()).toEqual(nothing);
  });

  it('asks the database at most a few times for many guessed ids, and never for one it knows', async () => {
    const { database: over, seen } = watched(database);
    const { webhooks } = await setUp(database, { over });
    const before = seen.system;
    const guesses = Array.from({ length: 200 }, () => newId());
    const codes = await Promise.all(guesses.map((id) => codeOf(webhooks.receive(id, push()))));
    expect(new Set(codes)).toEqual(new Set(['not_found']));
    expect(seen.system - before).toBeLessThanOrEqual(3);
    const known = seen.system;
    for (const id of guesses.slice(0, 20)) expect(await codeOf(webhooks.receive(id, push()))).toBe('not_found');
    expect(seen.system).toBe(known);
  });

  it('asks the database at most a few times for many forged webhooks', async () => {
    const { database: over, seen } = watched(database);
    const { webhooks, source, stored } = await setUp(database, { over });
    await webhooks.receive(source.id, push());
    const before = { ...seen };
    const forged = Array.from({ length: 200 }, () => codeOf(webhooks.receive(source.id, push({ sign: 'a guess' }))));
    expect(new Set(await Promise.all(forged))).toEqual(new Set(['bad_signature']));
    expect(seen.system - before.system).toBeLessThanOrEqual(3);
    expect(seen.tenant).toBe(before.tenant);
    expect(await stored()).toMatchObject({ events: 1 });
  });

  it('answers a sender that only asks, and stores nothing', async () => {
    const { webhooks, principal, stored } = await setUp(database);
    const kind = 'slack' as const;
    const { source } = await webhooks.createSource(principal, { name: 'slack', kind, secret }, async () => undefined);
    const body = JSON.stringify({ type: 'url_verification', challenge: 'c-1' });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex');
    const headers = new Headers({
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    });
    const answer = await webhooks.answer(source.id, { headers, rawBody: Buffer.from(body) });
    expect(answer).toEqual({ handshake: { challenge: 'c-1' } });
    expect(await stored()).toEqual(nothing);
  });
});
