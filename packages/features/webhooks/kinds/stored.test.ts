import { newTenant } from '@devmesh/testkit';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminOf, openTestWebhooks, type TestWebhooks } from '../webhooks.fixture.ts';
import { nameOf, secret, sent, variants, type Variant } from './sent.fixture.ts';

describe('a source', () => {
  let mesh: TestWebhooks;
  beforeAll(async () => {
    mesh = await openTestWebhooks();
  });
  afterAll(() => mesh.close());

  const setUp = async ({ kind, settings = {} }: Variant) => {
    const tenantId = await newTenant(mesh.database);
    const request = { name: 'the source', kind, secret, settings };
    const { source } = await mesh.webhooks.createSource(adminOf(tenantId), request, async () => undefined);
    const events = () =>
      mesh.database.tenant(tenantId, async (tx) => {
        const { rows } = await sql<{ event: string }>`select event from mcp.webhook_events`.execute(tx);
        return rows.map(({ event }) => event);
      });
    return { source, events };
  };

  it.each(variants.map((variant) => [nameOf(variant), variant] as const))(
    'stores one event for %s sent twice, and none that another secret signed [webhooks.providers]',
    async (_name, variant) => {
      const { source, events } = await setUp(variant);
      const forged = sent(variant, { at: Date.now(), secret: 'a guess' });
      await expect(mesh.webhooks.answer(source.id, forged)).rejects.toMatchObject({ code: 'bad_signature' });
      expect(await events()).toEqual([]);
      const arrival = sent(variant, { at: Date.now() });
      expect(await mesh.webhooks.answer(source.id, arrival)).toMatchObject({ duplicate: false });
      expect(await mesh.webhooks.answer(source.id, arrival)).toMatchObject({ duplicate: true });
      expect(await events()).toHaveLength(1);
    },
  );

  it("answers Slack's challenge and stores nothing", async () => {
    const variant = variants.find(({ sender }) => sender === 'slack')!;
    const { source, events } = await setUp(variant);
    const payload = { type: 'url_verification', challenge: 'are you there' };
    const answer = await mesh.webhooks.answer(source.id, sent(variant, { at: Date.now(), payload }));
    expect(answer).toEqual({ handshake: { challenge: 'are you there' } });
    expect(await events()).toEqual([]);
  });
});
