import { operations, type Operation } from '@devmesh/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Principal } from '../identity/index.ts';
import type { AnyCall, Route } from '../routing.ts';
import { openConnectionsBench, type ConnectionsBench } from './connections.fixture.ts';
import { connectionRoutes } from './routes.ts';

describe('the operations of connections', () => {
  let bench: ConnectionsBench;
  let routes: readonly Route[];
  beforeAll(async () => {
    bench = await openConnectionsBench();
    const usersOfProviders = () => Promise.resolve(new Map());
    routes = connectionRoutes({ connections: bench.connections, telemetry: bench.telemetry, usersOfProviders });
  });
  afterAll(() => bench.close());

  const run = async (operation: Operation, principal: Principal | undefined, rest: Partial<AnyCall> = {}) => {
    const route = routes.find((one) => one.operation.id === operation.id);
    const request = rest.request ?? new Request('http://mesh.test/');
    const headers = new Headers();
    const call = { principal, request, headers, signal: request.signal, remember: async () => undefined, ...rest };
    const result = await route?.handle({ params: {}, query: {}, body: {}, rawBody: undefined, ...call });
    return operation.response === undefined ? result : operation.response.parse(result);
  };
  const returned = async (query: string): Promise<Response> => {
    const request = new Request(`http://mesh.test/api/v1/connections/callback?${query}`);
    return (await run(operations.connections.callback, undefined, { request })) as Response;
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
    const page = await returned((await bench.follow(url)).toString());
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
      const page = await returned(query);
      expect(page.status).toBe(400);
      const text = await page.text();
      expect(text).toContain('Nothing was connected');
      expect(text).not.toMatch(/<script|planted/u);
    }
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
