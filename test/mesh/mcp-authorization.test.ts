import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectWithOAuth } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { consent, signUp } from './oauth.fixture.ts';

describe('the official MCP client with OAuth', () => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  });
  afterAll(() => world.close());

  it('finds its way from the address of the endpoint to tools, and renews its token within a session [edge.oauth]', async () => {
    const { browser, client: admin, user } = await signUp(world.mesh);
    const url = `${world.mesh.edgeUrl}/mcp/oauth`;
    const { client, kept, close } = await connectWithOAuth({
      url,
      name: 'The official client',
      version: '1',
      redirectUri: 'http://127.0.0.1:4711/callback',
      visit: async (address) => {
        expect(address.origin).toBe(world.mesh.apiUrl);
        expect(address.searchParams.get('resource')).toBe(url);
        return (await consent(browser, address)).searchParams;
      },
    });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('devmesh_task_create');
    const created = await client.callTool({
      name: 'devmesh_task_create',
      arguments: { title: 'By OAuth', capability: 'looking' },
    });
    expect(created.isError).not.toBe(true);

    const before = kept.accessToken;
    kept.accessToken = `${before}x`;
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(names);
    expect(kept.accessToken).not.toBe(before);
    expect(kept.registrations).toBe(1);
    await close();

    const { items } = await admin.authorization.listGrants({ query: { userId: user.id } });
    expect(items).toMatchObject([{ userId: user.id, clientName: 'The official client', resource: url }]);
    const trail = (await admin.audit.list({ query: {} })).items.map(({ action }) => action);
    expect(trail).toEqual(expect.arrayContaining(['authorization.consent', 'authorization.redeemCode']));
  });

  it("uses a person's own token for their calls of its service, and shows the client's credential to no service [edge.pass-through]", async () => {
    const { server, seen } = await startService();
    const { browser, client: admin } = await signUp(world.mesh);
    await admin.organizations.changeSettings({ body: { passThrough: true } });
    await admin.tools.importTool({
      body: {
        name: 'acme',
        document: documentOf(originOf(server)),
        credential: { kind: 'bearer', token: 'of-the-organization' },
      },
    });
    const { client, kept, close } = await connectWithOAuth({
      url: `${world.mesh.edgeUrl}/mcp/oauth`,
      name: 'The official client',
      version: '1',
      redirectUri: 'http://127.0.0.1:4711/callback',
      headers: { 'x-devmesh-upstream-acme': 'of-the-person' },
      visit: async (address) => (await consent(browser, address)).searchParams,
    });
    const { tools } = await client.listTools();
    const result = await client.callTool({
      name: tools.find(({ name }) => name.startsWith('acme'))?.name ?? '',
      arguments: {},
    });
    expect(result.isError).not.toBe(true);
    await close();
    server.close();
    expect(seen.map(({ authorization }) => authorization)).toEqual(['Bearer of-the-person']);
    expect(JSON.stringify(seen)).not.toContain(kept.accessToken);
    expect(JSON.stringify(seen)).not.toContain('devmesh-');
    const trail = JSON.stringify((await admin.audit.list({ query: { limit: 200 } })).items);
    expect(trail).not.toContain('of-the-person');
    expect(trail).not.toContain(kept.accessToken);
  });
});

/** A service that notes the headers of every request. */
async function startService() {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, seen };
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function documentOf(origin: string): string {
  const paths = { '/items': { get: { operationId: 'list', responses: { 200: { description: 'ok' } } } } };
  return JSON.stringify({ openapi: '3.1.0', info: { title: 'Acme', version: '1' }, servers: [{ url: origin }], paths });
}
