import { silentTelemetry, type Clock } from '@devmesh/foundation';
import { afterEach, describe, expect, it } from 'vitest';
import { createMockserver, demoToken, type Mockserver } from '../index.ts';

const authorization = `Bearer ${demoToken}`;
let running: Mockserver | undefined;

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

function client(clock?: Clock) {
  const server = createMockserver({ port: 0, log: silentTelemetry.log, ...(clock === undefined ? {} : { clock }) });
  const call = (path: string, init: RequestInit = {}) => server.fetch(new Request(`http://mock.test${path}`, init));
  const post = (path: string, body: unknown) =>
    call(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify(body),
    });
  return { server, call, post, issues: () => call('/v1/issues', { headers: { authorization } }) };
}

describe('faults', () => {
  it('fail the next answers of a path, as often as ordered, and no other path', async () => {
    const { call, post, issues } = client();
    await post('/_control/faults', { path: '/v1/issues', status: 503, times: 2, headers: { 'Retry-After': '7' } });
    const first = await issues();
    expect([first.status, first.headers.get('retry-after')]).toEqual([503, '7']);
    expect((await call('/v1/services', { headers: { authorization } })).status).toBe(200);
    expect([(await issues()).status, (await issues()).status]).toEqual([503, 200]);
  });

  it('do not act when they fail a write', async () => {
    const { post, call } = client();
    await post('/_control/faults', { path: '/v1/*', method: 'post', status: 500 });
    expect((await post('/v1/issues', { title: 'Lost' })).status).toBe(500);
    expect((await call('/v1/issues/ISS-1007', { headers: { authorization } })).status).toBe(404);
  });

  it('delay the true answer by the time ordered', async () => {
    const slept: number[] = [];
    const clock: Clock = { now: () => 0, sleep: async (milliseconds) => void slept.push(milliseconds) };
    const { post, issues } = client(clock);
    await post('/_control/faults', { path: '/v1/issues', delayMilliseconds: 4_000 });
    expect((await issues()).status).toBe(200);
    await issues();
    expect(slept).toEqual([4_000]);
  });

  it('break the connection in the middle of a body', async () => {
    const { server, post } = client();
    running = server;
    await server.start();
    await post('/_control/faults', { path: '/openapi.json', truncate: 100 });
    const broken = await fetch(`${server.url()}/openapi.json`);
    expect(broken.status).toBe(200);
    await expect(broken.text()).rejects.toThrow('terminated');
    const whole = await fetch(`${server.url()}/openapi.json`);
    expect(await whole.json()).toMatchObject({ openapi: '3.1.0' });
  });

  it('do not hold up stopping', async () => {
    const { server, post } = client();
    await server.start();
    await post('/_control/faults', { path: '/v1/issues', delayMilliseconds: 600_000 });
    const answer = fetch(`${server.url()}/v1/issues`, { headers: { authorization, connection: 'close' } });
    while (((await (await fetch(`${server.url()}/_control/requests`)).json()) as Requests).requests.length === 0);
    await server.stop();
    expect((await answer).status).toBe(200);
  });

  it('are refused when they make no sense', async () => {
    const { post } = client();
    for (const fault of [
      {},
      { path: 'v1' },
      { path: '/v1', status: 200 },
      { path: '/v1', times: 0 },
      { path: '/v1', x: 1 },
    ]) {
      expect((await post('/_control/faults', fault)).status).toBe(422);
    }
  });
});

interface Requests {
  requests: { method: string; path: string; query: string; headers: Record<string, string>; body: string }[];
}

describe('the journal', () => {
  it('shows what arrived, with credentials redacted and without control requests', async () => {
    const { call, post } = client();
    await post('/v1/issues?x=1', { title: 'Grüße' });
    await call('/anything', { headers: { 'x-api-key': demoToken, cookie: 'session=abc', 'x-trace': 't1' } });
    const text = await (await call('/_control/requests')).text();
    const { requests } = JSON.parse(text) as Requests;
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/v1/issues',
        query: '?x=1',
        body: '{"title":"Grüße"}',
        headers: { authorization: '[redacted]' },
      },
      {
        method: 'GET',
        path: '/anything',
        body: '',
        headers: { 'x-api-key': '[redacted]', cookie: '[redacted]', 'x-trace': 't1' },
      },
    ]);
    expect(text).not.toContain(demoToken);
    const some = (await (await call('/_control/requests?path=/anything')).json()) as Requests;
    expect(some.requests).toHaveLength(1);
  });

  it('forgets the oldest beyond its capacity', async () => {
    const { call } = client();
    for (let number = 0; number < 203; number += 1) await call(`/r${String(number)}`);
    const { requests } = (await (await call('/_control/requests')).json()) as Requests;
    expect([requests.length, requests[0]?.path, requests.at(-1)?.path]).toEqual([200, '/r3', '/r202']);
  });
});

describe('reset', () => {
  it('forgets faults and requests and brings the seeded data back', async () => {
    const clock: Clock = { now: () => 1_800_000_000_000, sleep: () => Promise.resolve() };
    const { call, post, issues } = client(clock);
    const before = await (await issues()).text();
    await post('/v1/issues', { title: 'New' });
    await post('/v1/issues/ISS-1001/close', {});
    await post('/_control/faults', { path: '/v1/issues', status: 500, times: 9 });
    expect(await (await call('/_control/reset', { method: 'POST' })).json()).toEqual({ reset: true });
    expect(await (await call('/_control/requests')).json()).toEqual({ requests: [] });
    expect(await (await issues()).text()).toBe(before);
  });
});

describe('control', () => {
  it('refuses bodies that a foreign web page could send without asking', async () => {
    const { call } = client();
    const body = JSON.stringify({ path: '/v1/issues', status: 500 });
    expect((await call('/_control/faults', { method: 'POST', body })).status).toBe(415);
  });
});
