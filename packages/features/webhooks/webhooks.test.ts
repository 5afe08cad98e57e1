import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { MeshError, newId, Secret, silentTelemetry, systemClock } from '@devmesh/foundation';
import { openDatabaseBell, openDatabaseStream, type Database, type Stream } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAgents } from '../agents/index.ts';
import { createAudit } from '../audit/index.ts';
import { createEvents } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createTasks } from '../tasks/index.ts';
import { createVault } from '../vault/index.ts';
import { webhookTopic } from './inbox.ts';
import { github } from './kinds/github.ts';
import { process as processEvent } from './processing.ts';
import { maximumAttempts, retryDelaySeconds, wantedTasks, type Rule } from './rules.ts';
import { createWebhooks } from './service.ts';
import { createWebhookWorker } from './worker.ts';

const sharedEval = process.env['SHARED_EVAL'] ?? new URL('../../../../shared/eval', import.meta.url).pathname;
const telemetry = silentTelemetry;
const secret = 'a secret of the webhook source';

describe('webhooks', () => {
  let database: Database;
  let stream: Stream;
  beforeAll(async () => {
    database = await openTestDatabase();
    const bell = openDatabaseBell({ database, log: telemetry.log });
    stream = openDatabaseStream({ database, bell, log: telemetry.log });
  });
  afterAll(async () => {
    await stream.close();
    await database.close();
  });

  const principalOf = (tenantId: string): Principal => ({
    tenantId,
    keyId: newId(),
    keyType: 'admin',
    scopes: ['webhooks:read', 'webhooks:write'],
    agentId: undefined,
  });

  const pushRule: Rule = { event: 'push', task: { title: 'Review {repository.full_name}', capability: 'code-review' } };

  const setUp = async (rules: readonly Rule[] = [pushRule], ringer: Stream = stream) => {
    const principal = principalOf(await newTenant(database));
    const audit = createAudit({ database, newId, tracer: telemetry.tracer });
    const events = createEvents({ database, telemetry });
    const vault = createVault({ masterKey: new Secret(randomBytes(32).toString('base64')) });
    const agents = createAgents({ database, audit, events, newId });
    const tasks = createTasks({ database, audit, events, agents, newId, telemetry });
    const webhooks = createWebhooks({ database, stream: ringer, vault, audit, events, newId, telemetry });
    const processing = { database, tasks, audit, events, newId, telemetry };
    const request = { name: 'github', kind: 'github' as const, secret, rules };
    const { source } = await webhooks.createSource(principal, request, async () => undefined);
    const countTasks = async (): Promise<number> => (await tasks.list(principal, { limit: 100 })).items.length;
    const process = (eventId: string) => processEvent(processing, principal.tenantId, eventId);
    return { principal, webhooks, source, tasks, audit, processing, process, countTasks };
  };

  const signed = (body: string, { delivery = newId(), event = 'push', key = secret } = {}) => {
    const rawBody = Buffer.from(body);
    const signature = createHmac('sha256', key).update(rawBody).digest('hex');
    const headers = new Headers({
      'content-type': 'application/json',
      'x-github-event': event,
      'x-github-delivery': delivery,
      'x-hub-signature-256': `sha256=${signature}`,
    });
    return { rawBody, headers };
  };
  const push = JSON.stringify({ ref: 'refs/heads/main', repository: { full_name: 'acme/shop' } });

  const countEvents = (tenantId: string): Promise<number> =>
    database.tenant(tenantId, async (tx) => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from mcp.webhook_events`.execute(tx);
      return rows[0]!.count;
    });

  it('commits a signed event before it answers, and processing it creates the task [webhooks.committed-first]', async () => {
    const { webhooks, source, principal, process, tasks } = await setUp();
    const { eventId, duplicate } = await webhooks.receive(source.id, signed(push));
    expect({ duplicate, stored: await countEvents(principal.tenantId) }).toEqual({ duplicate: false, stored: 1 });
    await process(eventId);
    const { items } = await tasks.list(principal, { limit: 10 });
    expect(items).toMatchObject([{ title: 'Review acme/shop', capability: 'code-review', source: 'webhook' }]);
    expect(await webhooks.getEvent(principal, eventId)).toMatchObject({ status: 'processed', taskId: items[0]!.id });
  });

  it('writes nothing for a body that was changed after it was signed [webhooks.signature]', async () => {
    const { webhooks, source, principal } = await setUp();
    const arrival = signed(push);
    const changed = { ...arrival, rawBody: Buffer.from(push.replace('main', 'evil')) };
    await expect(webhooks.receive(source.id, changed)).rejects.toMatchObject({ code: 'bad_signature' });
    expect(await countEvents(principal.tenantId)).toBe(0);
  });

  it.each(['sha256=00', 'sha1=abc', ''])('refuses the signature %j', async (signature) => {
    const { webhooks, source } = await setUp();
    const arrival = signed(push);
    arrival.headers.set('x-hub-signature-256', signature);
    await expect(webhooks.receive(source.id, arrival)).rejects.toMatchObject({ code: 'bad_signature' });
  });

  it.each([
    ['an array', '[]', 'malformed_message'],
    ['broken JSON', '{"a":', 'malformed_message'],
  ])('refuses %s although it is signed', async (_name, body, code) => {
    const { webhooks, source } = await setUp();
    await expect(webhooks.receive(source.id, signed(body))).rejects.toMatchObject({ code });
  });

  it('answers a repeated delivery with the same event and processes it once [webhooks.once]', async () => {
    const { webhooks, source, process, countTasks } = await setUp();
    const first = await webhooks.receive(source.id, signed(push, { delivery: 'd-1' }));
    const again = await webhooks.receive(source.id, signed(push, { delivery: 'd-1' }));
    expect(again).toEqual({ eventId: first.eventId, duplicate: true });
    await Promise.all([process(first.eventId), process(first.eventId), process(first.eventId)]);
    await process(first.eventId);
    expect(await countTasks()).toBe(1);
  });

  it('is answered although the ring fails, and the sweeper makes up for it [webhooks.committed-first]', async () => {
    const deaf: Stream = { ...stream, append: () => Promise.reject(new MeshError('unavailable', 'down')) };
    const { webhooks, source, principal, processing, countTasks } = await setUp([pushRule], deaf);
    const { eventId } = await webhooks.receive(source.id, signed(push));
    await database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.webhook_events set next_attempt_at = now()`.execute(tx),
    );
    const worker = createWebhookWorker({ ...processing, stream, clock: systemClock });
    await worker.start();
    await expect.poll(countTasks, { timeout: 20_000 }).toBe(1);
    await worker.stop();
    expect(await webhooks.getEvent(principal, eventId)).toMatchObject({ status: 'processed' });
  });

  it('buries an event after its tries, and redriving it twice has one effect [webhooks.retry]', async () => {
    const { webhooks, source, principal, process, countTasks } = await setUp([
      { event: 'push', task: { title: '{no.such.thing}', capability: 'x' } },
    ]);
    const { eventId } = await webhooks.receive(source.id, signed(push));
    for (let attempt = 1; attempt <= maximumAttempts; attempt++) await process(eventId);
    expect(await webhooks.getEvent(principal, eventId)).toMatchObject({ status: 'dead', attempts: maximumAttempts });
    const { items } = await webhooks.listDeadLetters(principal, { limit: 10 });
    expect(items).toMatchObject([{ eventId, attempts: maximumAttempts }]);
    expect(items[0]!.reason).toContain('no.such.thing');

    await database.tenant(principal.tenantId, (tx) =>
      sql`update mcp.webhook_sources set rules = ${JSON.stringify([pushRule])}::text::jsonb`.execute(tx),
    );
    await webhooks.redrive(principal, items[0]!.id);
    await process(eventId);
    const second = await webhooks.redrive(principal, items[0]!.id);
    await process(eventId);
    expect(second.redrivenAt).toBeInstanceOf(Date);
    expect(await countTasks()).toBe(1);
  });

  it('redrives a dead letter once, although its event died again', async () => {
    const { webhooks, source, principal, process } = await setUp([
      { event: 'push', task: { title: '{no.such.thing}', capability: 'x' } },
    ]);
    const { eventId } = await webhooks.receive(source.id, signed(push));
    const die = async (): Promise<void> => {
      for (let attempt = 1; attempt <= maximumAttempts; attempt++) await process(eventId);
    };
    await die();
    const [letter] = (await webhooks.listDeadLetters(principal, { limit: 10 })).items;
    const { redrivenAt } = await webhooks.redrive(principal, letter!.id);
    await die();
    expect((await webhooks.listDeadLetters(principal, { limit: 10 })).items).toHaveLength(2);
    expect(await webhooks.redrive(principal, letter!.id)).toMatchObject({ redrivenAt });
    expect(await webhooks.getEvent(principal, eventId)).toMatchObject({ status: 'dead' });
  });

  it('undoes every effect of a try that fails half-way [webhooks.retry]', async () => {
    const { webhooks, source, process, countTasks } = await setUp([
      pushRule,
      { event: 'push', task: { title: '{no.such.thing}', capability: 'x' } },
    ]);
    const { eventId } = await webhooks.receive(source.id, signed(push));
    await process(eventId);
    expect(await countTasks()).toBe(0);
  });

  it('keeps payloads that JSON allows and jsonb does not', async () => {
    const { webhooks, source, principal } = await setUp([]);
    const { eventId } = await webhooks.receive(source.id, signed('{"text":"a\\u0000b"}'));
    const { payload } = await webhooks.getEvent(principal, eventId);
    expect(payload).toEqual({ text: 'a\u0000b' });
  });

  it('shows no organization the events, sources or dead letters of another', async () => {
    const { webhooks, source } = await setUp();
    const { eventId } = await webhooks.receive(source.id, signed(push));
    const stranger = principalOf(await newTenant(database));
    expect((await webhooks.listSources(stranger, { limit: 10 })).items).toEqual([]);
    expect((await webhooks.listEvents(stranger, { limit: 10 })).items).toEqual([]);
    await expect(webhooks.getEvent(stranger, eventId)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('stores the secret of a source sealed', async () => {
    const { principal } = await setUp();
    const stored = await database.tenant(principal.tenantId, async (tx) => {
      const { rows } = await sql<{ secret: Buffer }>`select secret from mcp.webhook_sources`.execute(tx);
      return rows[0]!.secret.toString('latin1');
    });
    expect(stored).not.toContain(secret);
  });

  it('rings with the id of the event, for a consumer group to hear', async () => {
    const { webhooks, source } = await setUp();
    const group = `test-${newId()}`;
    await stream.createGroup(webhookTopic, group);
    const { eventId } = await webhooks.receive(source.id, signed(push));
    const reader = { topic: webhookTopic, group, consumer: 'c' };
    const heard = await stream.read(reader, { count: 500, waitMilliseconds: 2_000 });
    expect(heard.map((delivery) => delivery.subjectId)).toContain(eventId);
  });

  const payloads = `${sharedEval}/webhooks/payloads.jsonl`;
  it.skipIf(!existsSync(payloads))(
    'takes in every real GitHub payload (skipped where shared/eval is absent)',
    async () => {
      const { webhooks, source, principal } = await setUp([]);
      const samples = readFileSync(payloads, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as { provider: string; event: string; body: unknown })
        .filter(({ provider }) => provider === 'github');
      for (const { event, body } of samples) await webhooks.receive(source.id, signed(JSON.stringify(body), { event }));
      expect(await countEvents(principal.tenantId)).toBe(samples.length);
      expect(samples.length).toBeGreaterThan(200);
    },
  );
});

describe('GitHub signatures', () => {
  it("accepts the example of GitHub's documentation", () => {
    const headers = new Headers({
      'x-hub-signature-256': 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    });
    const rawBody = Buffer.from('Hello, World!');
    expect(() => {
      github.verify(
        { headers, rawBody },
        { secrets: [new Secret("It's a Secret to Everybody")], now: 0, toleranceSeconds: 300, settings: {} },
      );
    }).not.toThrow();
  });
});

describe('webhook rules', () => {
  const payloads = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/u), fc.oneof(fc.string(), fc.integer()));
  const naming: Rule = { event: '*', task: { title: '{name}', capability: 'x' } };

  it('put into a title what the payload has under that name', () => {
    fc.assert(
      fc.property(payloads, fc.string({ maxLength: 300 }), (payload, name) => {
        expect(wantedTasks([naming], 'push', { ...payload, name })[0]!.title).toBe(name);
      }),
    );
  });

  it('never invent a title for what the payload does not have', () => {
    fc.assert(
      fc.property(payloads, ({ name: _name, ...payload }) => {
        expect(() => wantedTasks([naming], 'push', payload)).toThrow(/does not have/u);
      }),
    );
  });

  it('do not reach into prototypes', () => {
    const rules = [{ event: '*', task: { title: '{constructor.name}', capability: 'x' } }];
    expect(() => wantedTasks(rules, 'push', {})).toThrow(/does not have/u);
  });

  it('wait longer after each try, within bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, random) => {
          const delay = retryDelaySeconds(attempts, random);
          expect(delay).toBeGreaterThanOrEqual(1);
          expect(delay).toBeLessThanOrEqual(300);
          expect(retryDelaySeconds(attempts + 1, random)).toBeGreaterThanOrEqual(delay);
        },
      ),
    );
  });
});
