import { operations, type Operation } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import type { AnyCall, Route } from '../routing.ts';
import { openConnectionsBench, type ConnectionsBench } from './connections.fixture.ts';
import { connectionRoutes } from './routes.ts';

describe('the operations of connections', () => {
  let bench: ConnectionsBench;
  let routes: readonly Route[];
  const people = new Map<string, Principal>();
  const raise = (): never => {
    throw new MeshError('unauthenticated', 'Nobody.');
  };
  beforeAll(async () => {
    bench = await openConnectionsBench();
    const usersOfProviders = () => Promise.resolve(new Map());
    routes = connectionRoutes({
      connections: bench.connections,
      telemetry: bench.telemetry,
      usersOfProviders,
      publicUrl: { url: () => 'http://mesh.test' },
      // How cookies and access tokens work is for the tests of sign-in, and for those of the whole mesh.
      signIn: { cookies: { accessToken: (request) => request.headers.get('cookie') ?? undefined } },
      signIns: { authenticate: async (token) => ({ audience: 'http://mesh.test', ...(people.get(token) ?? raise()) }) },
    });
  });
  afterAll(() => bench.close());

  const run = async (operation: Operation, principal: Principal | undefined, rest: Partial<AnyCall> = {}) => {
    const route = routes.find((one) => one.operation.id === operation.id);
    const request = rest.request ?? new Request('http://mesh.test/');
    const headers = new Headers();
    const call = { principal, request, headers, signal: request.signal, remember: async () => undefined, ...rest };
    const result = await route?.handle({
      params: {},
      query: {},
      body: {},
      rawBody: undefined,
      header: () => null,
      ...call,
    });
    return operation.response === undefined ? result : operation.response.parse(result);
  };
  const returned = async (query: string): Promise<Response> => {
    const given = Object.fromEntries(new URLSearchParams(query));
    return (await run(operations.connections.callback, undefined, { query: given })) as Response;
  };
  const confirmed = async (form: string, cookie: string): Promise<Response> => {
    const headers = { origin: 'http://mesh.test', cookie };
    const request = new Request('http://mesh.test/api/v1/connections/callback', { method: 'POST', headers });
    const rawBody = () => Promise.resolve(Buffer.from(form));
    return (await run(operations.connections.confirm, undefined, { request, rawBody })) as Response;
  };

  it('show everything but secrets, and a page to the person who comes back', async () => {
    const ada = await bench.person();
    await bench.provider(ada, 'standard');
    const listed = await run(operations.connections.listProviders, ada, { query: { limit: 10 } });
    expect(listed).toMatchObject({
      items: [{ name: 'standard', hasClientSecret: true, redirectUri: expect.stringContaining('/callback') as string }],
    });
    const body = { provider: 'standard', mode: 'user' };
    const { url } = (await run(operations.connections.start, ada, { body })) as { url: string };
    people.set('ada', ada);
    const answer = (await bench.follow(url)).toString();
    expect(await (await returned(answer)).text()).toContain(`Connect standard to`);
    people.set('gateway', { ...ada, audience: 'http://mesh.test/mcp' });
    for (const cookie of ['', 'unknown', 'gateway']) {
      const asked = await confirmed(answer, cookie);
      expect([asked.status, await asked.text()]).toEqual([403, expect.stringContaining('Nobody is signed in')]);
    }
    const page = await confirmed(answer, 'ada');
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('standard is connected as ada@example.com');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const { items } = (await run(operations.connections.list, ada, { query: { limit: 10, everybody: false } })) as {
      items: { id: string }[];
    };
    const params = { connectionId: items[0]?.id };
    const one = await run(operations.connections.get, ada, { params });
    expect(one).toMatchObject({ status: 'active', mode: 'user', renewable: true });
    expect(JSON.stringify([listed, one])).not.toMatch(/mock-|planted|sealed/u);
    expect(await run(operations.connections.remove, ada, { params })).toEqual({ revoked: 'yes' });
  });

  it('show a page also where nothing was connected, which repeats nothing of the address', async () => {
    for (const query of ['', 'state=%3Cscript%3E&code=planted', 'error=%3Cscript%3E&state=planted']) {
      for (const page of [await returned(query), await confirmed(query, 'ada')]) {
        expect(page.status).toBe(400);
        const text = await page.text();
        expect(text).toContain('Nothing was connected');
        expect(text).not.toMatch(/<script|planted/u);
      }
    }
  });

  it('write what comes back into the page as text only, and say so where the provider says no', async () => {
    const ada = await bench.person();
    await bench.provider(ada, 'standard~words');
    const body = { provider: 'standard-words', mode: 'user' };
    const { url } = (await run(operations.connections.start, ada, { body })) as { url: string };
    const state = new URL(url).searchParams.get('state') ?? '';
    const text = await (await returned(new URLSearchParams({ state, code: `"><script>'&` }).toString())).text();
    expect(text).toContain('name="code" value="&quot;&gt;&lt;script&gt;&#39;&amp;"');
    const declined = await returned(new URLSearchParams({ state, error: '<script>' }).toString());
    expect([declined.status, await declined.text()]).toEqual([400, expect.stringContaining('gave no consent')]);
    expect((await returned(new URLSearchParams({ state, code: 'c' }).toString())).status).toBe(200);
  });

  it('change the secret of a provider without losing its connections, and show others only to who may see them', async () => {
    const ada = await bench.person();
    const provider = await bench.provider(ada, 'gitlab');
    await bench.consent(ada, provider.name);
    const params = { providerId: provider.id };
    await bench.register('gitlab', { id: 'devmesh', secret: 'another-secret-1234567890' });
    bench.clock.forward(3_700 * 2);
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'upstream_failed' });
    await run(operations.connections.updateProvider, ada, {
      params,
      body: { clientSecret: 'another-secret-1234567890' },
    });
    expect(await bench.token(ada, provider)).toBeTruthy();
    const bob = await bench.person(ada.tenantId);
    const query = { limit: 10, everybody: true };
    await expect(run(operations.connections.list, bob, { query })).rejects.toMatchObject({ code: 'forbidden' });
    const officer: Principal = { ...bob, scopes: [...bob.scopes, 'users:write'] };
    expect(await run(operations.connections.list, officer, { query })).toMatchObject({
      items: [{ userId: ada.userId }],
    });
    await run(operations.connections.removeProvider, ada, { params });
    await expect(bench.token(ada, provider)).rejects.toMatchObject({ code: 'address_refused' });
  });
});
