import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import { afterEach, describe, expect, it } from 'vitest';
import { composeWebhook, createMockserver, githubPush, signGitHub, type SenderName } from '../index.ts';
import { senders } from './senders.ts';

interface Received {
  url: string | undefined;
  headers: IncomingHttpHeaders;
  rawBody: Buffer;
}

let receiver: Server | undefined;

async function receive(status: number, headers: Record<string, string> = {}) {
  const received: Received[] = [];
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ url: request.url, headers: request.headers, rawBody: Buffer.concat(chunks) });
      response.writeHead(status, headers).end('{"accepted":true}');
    });
  });
  await new Promise<void>((resolve) => receiver!.listen(0, '127.0.0.1', resolve));
  return { received, url: `http://127.0.0.1:${String((receiver.address() as AddressInfo).port)}/hooks` };
}

afterEach(() => {
  receiver?.closeAllConnections();
  receiver?.close();
});

async function send(body: unknown): Promise<Response> {
  const server = createMockserver({ port: 0, log: silentTelemetry.log });
  const url = 'http://mock.test/_control/webhooks/send';
  const headers = { 'content-type': 'application/json' };
  return server.fetch(new Request(url, { method: 'POST', headers, body: JSON.stringify(body) }));
}

describe('signGitHub', () => {
  it('gives the value that GitHub documents for its example', () => {
    const expected = 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17';
    expect(signGitHub("It's a Secret to Everybody", 'Hello, World!')).toBe(expected);
  });
});

describe('composing a webhook', () => {
  const body = '{"a":1}';
  const at = 1_492_774_577_000;
  const sign = (name: SenderName, secret: string, event?: string) =>
    composeWebhook(name, { secret, deliveryId: 'msg_1', at, event, payload: JSON.parse(body) as unknown });
  const digest = 'aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494';

  it.each<[SenderName, string, string]>([
    ['jira', 'x-hub-signature', `sha256=${digest}`],
    ['bitbucket', 'x-hub-signature', `sha256=${digest}`],
    ['gitea', 'x-gitea-signature', digest],
    ['gogs', 'x-gogs-signature', digest],
    ['pagerduty', 'x-pagerduty-signature', `v1=${digest}`],
    ['artifactory', 'x-jfrog-event-auth', digest],
    ['generic-hmac', 'x-signature', digest],
  ])('%s puts the same known digest of the body into %s', (name, header, value) => {
    const { headers, rawBody } = sign(name, 'secret');
    expect({ rawBody, value: headers[header] }).toEqual({ rawBody: body, value });
  });

  it('signs the time with the body where the provider does', () => {
    const stripe = createHmac('sha256', 'secret').update(`1492774577.${body}`).digest('hex');
    expect(sign('stripe', 'secret').headers['stripe-signature']).toBe(`t=1492774577,v1=${stripe}`);
    const slack = createHmac('sha256', 'secret').update(`v0:1492774577:${body}`).digest('hex');
    expect(sign('slack', 'secret').headers['x-slack-signature']).toBe(`v0=${slack}`);
  });

  it('takes the key of Standard Webhooks out of its base64', () => {
    const key = Buffer.from('MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'base64');
    const signature = createHmac('sha256', key).update(`msg_1.1492774577.${body}`).digest('base64');
    for (const name of ['standard-webhooks', 'gitlab-signed'] as const) {
      const { headers } = sign(name, 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
      expect(headers['webhook-signature']).toBe(`v1,${signature}`);
    }
  });
});

describe('githubPush', () => {
  it('is coherent: the head commit is the last one and `after` names it', () => {
    const push = githubPush({
      repository: 'acme/search',
      branch: 'fix/a',
      commits: [{ message: 'a' }, { message: 'b' }],
    });
    expect(push).toMatchObject({ ref: 'refs/heads/fix/a', repository: { full_name: 'acme/search', name: 'search' } });
    expect(push.head_commit).toEqual(push.commits.at(-1));
    expect(push.after).toBe(push.head_commit?.id);
    for (const sha of [push.before, push.after]) expect(sha).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe('sending a webhook', () => {
  it('delivers a GitHub push whose signature fits the exact bytes that arrive [mockserver.signed]', async () => {
    const { received, url } = await receive(202);
    const answer = await send({ provider: 'github', event: 'push', url, secret: 'sécret', deliveryId: 'one' });
    expect(await answer.json()).toEqual({ status: 202, deliveryId: 'one', body: '{"accepted":true}' });
    const [{ headers, rawBody }] = received as [Received];
    expect(headers).toMatchObject({
      'x-github-event': 'push',
      'x-github-delivery': 'one',
      'content-type': 'application/json',
    });
    expect(headers['user-agent']).toMatch(/^GitHub-Hookshot\/[0-9a-f]{7}$/);
    const digest = createHmac('sha256', 'sécret').update(rawBody).digest('hex');
    expect(headers['x-hub-signature-256']).toBe(`sha256=${digest}`);
    expect(JSON.parse(rawBody.toString())).toMatchObject({
      ref: 'refs/heads/main',
      repository: { full_name: 'acme/checkout' },
    });
  });

  it('sends a given payload as it is, with a delivery id of its own', async () => {
    const { received, url } = await receive(200);
    const payload = { zen: 'Grüße ✓' };
    const first = await send({ provider: 'github', event: 'ping', url, secret: 's', payload });
    const second = await send({ provider: 'github', event: 'ping', url, secret: 's', payload });
    expect(received.map((request) => request.rawBody.toString())).toEqual(Array(2).fill(JSON.stringify(payload)));
    const deliveries = [await first.json(), await second.json()] as { deliveryId: string }[];
    expect(new Set(deliveries.map((delivery) => delivery.deliveryId)).size).toBe(2);
  });

  it.each(Object.keys(senders) as SenderName[])('sends a sample of %s to whoever asked', async (provider) => {
    const { received, url } = await receive(202);
    const answer = await send({ provider, url, secret: 'a secret', deliveryId: 'd-1' });
    expect(await answer.json()).toEqual({ status: 202, deliveryId: 'd-1', body: '{"accepted":true}' });
    const [{ headers, rawBody }] = received as [Received];
    expect(rawBody.length).toBeGreaterThan(10);
    expect(headers['content-type']).toMatch(/^application\/(?:json|x-www-form-urlencoded)$/);
  });

  it('does not follow redirects', async () => {
    const { received, url } = await receive(307, { location: '/elsewhere' });
    expect(await (await send({ provider: 'github', url, secret: 's' })).json()).toMatchObject({ status: 307 });
    expect(received.map((request) => request.url)).toEqual(['/hooks']);
  });

  it('goes to loopback only', async () => {
    for (const host of ['example.com', '10.0.0.1', '169.254.169.254', '127.0.0.1.example.com', '[::ffff:10.0.0.1]']) {
      const answer = await send({ provider: 'github', url: `http://${host}/`, secret: 's' });
      expect([host, answer.status]).toEqual([host, 422]);
    }
  });

  it('answers 502 when nobody receives', async () => {
    const { url } = await receive(200);
    await new Promise((resolve) => receiver!.close(resolve));
    const answer = await send({ provider: 'github', url, secret: 's' });
    expect(answer.status).toBe(502);
    expect(await answer.json()).toMatchObject({ detail: 'The receiver could not be reached (ECONNREFUSED).' });
  });
});
