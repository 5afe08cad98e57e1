import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

describe('a client that should not see thousands of tools', () => {
  let world: TestMesh;
  let server: Server;
  let organization: Awaited<ReturnType<TestMesh['register']>>;
  beforeAll(async () => {
    world = await openTestMesh();
    server = createServer((request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ asked: request.url }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    organization = await world.register();
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Forge', version: '1' },
      servers: [{ url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }],
      paths: {
        '/pulls': {
          get: { operationId: 'listPulls', summary: 'List pull requests' },
          post: { operationId: 'createPull', summary: 'Create a pull request' },
        },
      },
    });
    await organization.client.tools.importTool({ body: { name: 'forge', document } });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    server.close();
  });

  const connect = (path: string): Promise<McpConnection> => {
    const { edgeUrl } = world.mesh;
    const url = path.startsWith('/ws') ? edgeUrl.replace('http', 'ws') + path : edgeUrl + path;
    return connectMcp({ url, key: organization.key, name: 'test', version: '1' });
  };
  const namesAt = async (path: string): Promise<readonly string[]> => {
    const { client, close } = await connect(path);
    const { tools } = await client.listTools();
    await close();
    return tools.map(({ name }) => name);
  };

  it.each([
    ['/mcp/meta', '_'],
    ['/ws/meta', '.'],
  ])('finds, reads and calls them at %s by three tools [tools.meta]', async (path, dot) => {
    const { client, close } = await connect(path);
    const { tools } = await client.listTools();
    const listed = tools.map(({ name }) => name);
    const spelled = (verb: string): string => ['devmesh', 'tools', verb].join(dot);
    expect(listed).toEqual(expect.arrayContaining([spelled('search'), spelled('describe'), spelled('call')]));
    expect(listed.filter((name) => name.startsWith('forge'))).toEqual([]);
    const found = await client.callTool({ name: spelled('search'), arguments: { q: 'show open PRs' } });
    const { items: hits } = found.structuredContent as { readonly items: readonly object[] };
    expect(hits[0]).toMatchObject({ name: 'forge_listPulls', service: 'forge' });
    const described = await client.callTool({ name: spelled('describe'), arguments: { name: 'forge_listPulls' } });
    expect(described.structuredContent).toMatchObject({ inputSchema: { type: 'object' }, pinned: false });
    const call = { name: 'forge_listPulls', arguments: {} };
    expect(await client.callTool({ name: spelled('call'), arguments: call })).toMatchObject({
      isError: false,
      structuredContent: { asked: '/pulls' },
    });
    const wrong = await client.callTool({ name: spelled('call'), arguments: { ...call, arguments: { a: 1 } } });
    expect(wrong).toMatchObject({ isError: true });
    expect(await client.callTool({ name: spelled('call'), arguments: { name: 'forge_none' } })).toMatchObject({
      isError: true,
    });
    await close();
    const { items } = await organization.client.audit.list({ query: { action: 'tools.call', limit: 10 } });
    expect(items.map(({ subject }) => subject)).toContain('forge_listPulls');
  });

  it('has the pinned ones beside them, and all where it does not ask for that', async () => {
    const { client } = organization;
    await client.tools.pinTool({ params: { name: 'forge_createPull' } });
    expect((await namesAt('/mcp/meta')).filter((name) => name.startsWith('forge'))).toEqual(['forge_createPull']);
    expect((await namesAt('/mcp')).filter((name) => name.startsWith('forge'))).toEqual([
      'forge_createPull',
      'forge_listPulls',
    ]);
    await client.tools.unpinTool({ params: { name: 'forge_createPull' } });
    expect((await namesAt('/mcp/meta')).filter((name) => name.startsWith('forge'))).toEqual([]);
    await expect(client.tools.pinTool({ params: { name: 'forge_none' } })).rejects.toMatchObject({ code: 'not_found' });
    await expect(client.tools.unpinTool({ params: { name: 'forge_none' } })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('finds nothing beyond its tool set there', async () => {
    const definition = { title: 'Small', platformTools: true, pinned: ['forge_listPulls'] };
    await organization.client.toolSets.putToolSet({ params: { name: 'small' }, body: definition });
    const names = await namesAt('/mcp/sets/small');
    expect(names.some((name) => name.startsWith('devmesh'))).toBe(true);
    expect(names.filter((name) => /devmesh_tools_(?:search|describe|call)/u.test(name))).toEqual([]);
    const { client, close } = await connect('/mcp/sets/small');
    const found = await client.callTool({ name: 'devmesh_tools_search', arguments: { q: 'pull' } });
    expect(found).toMatchObject({ isError: true });
    await close();
  });
});
