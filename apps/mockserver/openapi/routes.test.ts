import { silentTelemetry } from '@devmesh/foundation';
import { afterEach, describe, expect, it } from 'vitest';
import { createMockserver, type Mockserver } from '../index.ts';

const document = {
  openapi: '3.0.3',
  info: { title: 'Shop <b>', version: '1' },
  paths: {
    '/files': {
      post: {
        summary: 'Keep a file',
        requestBody: { content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } } },
        responses: { 200: { content: { 'application/json': { example: { kept: true } } } } },
      },
    },
    '/find': {
      get: {
        requestBody: { content: { 'application/json': { schema: { type: 'object', required: ['q'] } } } },
        responses: { 200: { description: '' } },
      },
    },
  },
};

let running: Mockserver | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function start(): Promise<string> {
  running = createMockserver({ port: 0, log: silentTelemetry.log, documents: { shop: JSON.stringify(document) } });
  await running.start();
  return running.url();
}

const post = (url: string, body: string | Uint8Array<ArrayBuffer>, type = 'application/json') =>
  fetch(url, { method: 'POST', headers: { 'content-type': type }, body });

describe('mocks', () => {
  it('are handed in, listed, shown, served and taken away', async () => {
    const url = await start();
    const added = await post(`${url}/mock/openapi?name=other`, JSON.stringify(document));
    expect([added.status, ((await added.json()) as { url: string }).url]).toEqual([201, `${url}/mock/other`]);
    const { mocks } = (await (await fetch(`${url}/mock/openapi`)).json()) as { mocks: { name: string }[] };
    expect(mocks.map(({ name }) => name)).toEqual(['other', 'shop']);
    const page = await (await fetch(`${url}/mock/shop`)).text();
    expect(page).toContain('Keep a file');
    expect(page).not.toContain('Shop <b>');
    expect(await (await fetch(`${url}/`)).text()).toContain('/mock/shop');
    expect((await fetch(`${url}/mock/openapi/other`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(`${url}/mock/other`)).status).toBe(404);
    expect((await fetch(`${url}/mock/openapi/other`, { method: 'DELETE' })).status).toBe(404);
  });

  it('are refused where the document or the name is none', async () => {
    const url = await start();
    expect((await post(`${url}/mock/openapi?name=a`, 'nothing')).status).toBe(400);
    expect((await post(`${url}/mock/openapi?name=openapi`, JSON.stringify(document))).status).toBe(400);
    expect((await post(`${url}/mock/openapi?name=A/b`, JSON.stringify(document))).status).toBe(400);
  });

  it('see bytes as they were sent, and bodies of GET', async () => {
    const url = await start();
    const sent = await post(`${url}/mock/shop/files`, new Uint8Array([0xff, 0xfe]), 'application/octet-stream');
    expect(await sent.json()).toEqual({ kept: true });
    const { request } = await import('node:http');
    const status = await new Promise((resolve) => {
      const headers = { 'content-type': 'application/json', 'content-length': '7' };
      request(`${url}/mock/shop/find`, { method: 'GET', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end('{"q":1}');
    });
    expect(status).toBe(200);
  });

  it('are under the faults and in the journal of the server', async () => {
    const url = await start();
    await post(`${url}/_control/faults`, JSON.stringify({ path: '/mock/shop/*', status: 503 }));
    expect((await post(`${url}/mock/shop/files`, 'x', 'application/octet-stream')).status).toBe(503);
    expect((await post(`${url}/mock/shop/files`, 'x', 'application/octet-stream')).status).toBe(200);
    const { requests } = (await (await fetch(`${url}/_control/requests?path=/mock/shop/files`)).json()) as {
      requests: unknown[];
    };
    expect(requests).toHaveLength(2);
  });
});
