import { existsSync, readFileSync } from 'node:fs';
import { MeshError, newId, Secret, systemClock } from '@devmesh/foundation';
import type { Stream } from '@devmesh/infrastructure';
import { newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { webhookTopic } from './inbox.ts';
import { github } from './kinds/github.ts';
import {
  adminOf,
  openTestWebhooks,
  push as pushPayload,
  signed,
  sourceSecret as secret,
  type TestWebhooks,
} from './webhooks.fixture.ts';
import { createWebhookWorker } from './worker.ts';

const sharedEval = process.env['SHARED_EVAL'] ?? new URL('../../../../shared/eval', import.meta.url).pathname;

describe('webhooks', () => {
  let mesh: TestWebhooks;
  let database: TestWebhooks['database'];
  let stream: Stream;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
    ({ database, stream } = mesh);
  });
  afterAll(() => mesh.close());

  const setUp = async (rules?: Parameters<TestWebhooks['organization']>[0], ringer: Stream = stream) => {
    const organization = await mesh.organization(rules);
    const countTasks = async (): Promise<number> => (await organization.titles()).length;
    const { tasks, processing } = mesh;
    return { ...organization, webhooks: mesh.webhooksWith(ringer), tasks, processing, countTasks };
  };

  const push = JSON.stringify(pushPayload);

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
    const { webhooks, source, principal, processing, countTasks } = await setUp(undefined, deaf);
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

  it('keeps payloads that JSON allows and jsonb does not', async () => {
    const { webhooks, source, principal } = await setUp([]);
    const { eventId } = await webhooks.receive(source.id, signed('{"text":"a\\u0000b"}'));
    const { payload } = await webhooks.getEvent(principal, eventId);
    expect(payload).toEqual({ text: 'a\u0000b' });
  });

  it('shows no organization the events, sources or dead letters of another', async () => {
    const { webhooks, source } = await setUp();
    const { eventId } = await webhooks.receive(source.id, signed(push));
    const stranger = adminOf(await newTenant(database));
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
    const heard: string[] = [];
    const listen = async (): Promise<readonly string[]> => {
      const deliveries = await stream.read(reader, { count: 500, waitMilliseconds: 500 });
      heard.push(...deliveries.map(({ subjectId }) => subjectId));
      return heard;
    };
    await expect.poll(listen, { timeout: 10_000 }).toContain(eventId);
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
