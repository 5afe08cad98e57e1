import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, type Client } from '@devmesh/api';
import { featureConfigShape, host, type Hosted } from '@devmesh/features';
import { newId, parseConfig, type Problem } from '@devmesh/foundation';
import { platformConfigShape } from '@devmesh/infrastructure';
import { openTestEngines, type TestEngines } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRestApi, type RestApi } from './index.ts';

const secret = 'a secret of the webhook source';

describe('webhooks over HTTP while Redis is down', () => {
  let folder: string;
  let engines: TestEngines;
  let hosted: Hosted;
  let api: RestApi;
  let client: Client;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'devmesh-intake-'));
    engines = await openTestEngines();
    // Nothing listens there.
    const environment = { ...engines.variables, REDIS_URL: 'redis://127.0.0.1:1', DATA_DIR: folder };
    // A busy machine may be slow without anything hanging.
    const patience = { WEBHOOK_DEADLINE_MILLISECONDS: '60000' };
    const shape = { ...platformConfigShape, ...featureConfigShape };
    const config = parseConfig(shape, { ...environment, ...patience, REGISTRATION: 'open', LOG_LEVEL: 'silent' });
    hosted = await host({
      config,
      name: 'intake-test',
      whole: true,
      choose: (parts) => {
        api = createRestApi({ ...parts, host: '127.0.0.1', port: 0, consoleFolder: folder });
        return [api];
      },
    });
    const baseUrl = api.address().url;
    const body = { slug: `org-${newId().slice(-12)}`, name: 'Acme' };
    const { adminKey } = await createClient({ baseUrl }).identity.registerOrganization({ body });
    client = createClient({ baseUrl, key: adminKey.token });
  });
  afterAll(async () => {
    await hosted.stop();
    await engines.drop();
    await rm(folder, { recursive: true, force: true });
  });

  type SourceBody = Parameters<Client['webhooks']['createSource']>[0]['body'];
  const create = async (body: Partial<SourceBody> = {}): Promise<string> => {
    const { source } = await client.webhooks.createSource({ body: { name: newId(), kind: 'github', secret, ...body } });
    return api.address().url + source.path;
  };
  const push = (url: string, text = '{"ref":"refs/heads/main"}'): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      body: text,
      headers: {
        'content-type': 'application/json',
        'x-github-event': 'push',
        'x-github-delivery': newId(),
        'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(text).digest('hex')}`,
      },
    });

  it('are acknowledged, and are events then [webhooks.committed-first]', async () => {
    const response = await push(await create());
    expect(response.status).toBe(202);
    const { eventId } = (await response.json()) as { eventId: string };
    expect(await client.webhooks.getEvent({ params: { eventId } })).toMatchObject({
      status: 'received',
      event: 'push',
    });
  });

  it('are refused beyond the limit of the source, which the headers tell [webhooks.back-pressure]', async () => {
    const url = await create({ requestsPerMinute: 1 });
    const answers = [];
    // Until the limiter has noticed that Redis is away, webhooks pass.
    while (answers.at(-1)?.status !== 429 && answers.length < 50) answers.push(await push(url));
    const refused = answers.at(-1);
    expect(refused?.headers.get('ratelimit-policy')).toBe('"webhook-source";q=1;w=60');
    expect(refused?.headers.get('ratelimit')).toMatch(/^"webhook-source";r=0;t=\d+$/u);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await refused?.json()) as Problem).toMatchObject({ code: 'rate_limited' });
  });

  it('are refused when they are too large, whether they say so or not [http.bounded]', async () => {
    const url = await create({ maximumBodyBytes: 1_024 });
    const said = await push(url, JSON.stringify({ text: 'x'.repeat(1_100) }));
    expect(said.status).toBe(413);
    const chunk = new TextEncoder().encode('x'.repeat(600));
    let chunks = 0;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        chunks += 1;
        if (chunks > 10_000) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } } as const;
    // The server may close the connection while the rest is still being sent.
    const unsaid = await fetch(url, init).then(
      ({ status }) => status,
      () => 413,
    );
    expect(unsaid).toBe(413);
    expect(chunks).toBeLessThan(10_000);
    expect((await push(url)).status).toBe(202);
  });

  it('that only ask get their answer, and become no event', async () => {
    const url = await create({ kind: 'slack' });
    const text = JSON.stringify({ type: 'url_verification', challenge: 'c-1' });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac('sha256', secret).update(`v0:${timestamp}:${text}`).digest('hex');
    const headers = {
      'content-type': 'application/json',
      'x-slack-request-timestamp': timestamp,
      'x-slack-signature': `v0=${signature}`,
    };
    const response = await fetch(url, { method: 'POST', body: text, headers });
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { challenge: 'c-1' },
    });
  });

  it('rotate their secret through the API, without one that is refused [webhooks.rotation]', async () => {
    const url = await create();
    const sourceId = url.split('/').at(-1) ?? '';
    const { source, secret: fresh } = await client.webhooks.rotateSecret({ params: { sourceId }, body: {} });
    expect(fresh).not.toBe(secret);
    expect(source.previousSecretUntil).toBeDefined();
    expect((await push(url)).status).toBe(202);
    const revoked = await client.webhooks.revokePreviousSecret({ params: { sourceId } });
    expect(revoked.previousSecretUntil).toBeUndefined();
    expect((await push(url)).status).toBe(401);
  });
});
