import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import type { ClientOptions } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { startUpstream, type UpstreamServer } from './upstream-server.fixture.ts';

describe.each(['ws', 'http'] as const)('an MCP server behind the gateway, over %s', (scheme) => {
  let world: TestMesh;
  let upstream: UpstreamServer;
  beforeAll(async () => {
    world = await openTestMesh();
    upstream = await startUpstream();
  });
  afterAll(async () => {
    await upstream.close();
    await world.close();
  });

  const urlOf = (): string =>
    scheme === 'ws' ? `${world.mesh.edgeUrl.replace('http', 'ws')}/ws` : `${world.mesh.edgeUrl}/mcp`;
  const connect = (key: string, options?: ClientOptions, prepare?: (client: McpConnection['client']) => void) =>
    connectMcp({ url: urlOf(), key, name: 'test', version: '1', options, prepare });
  const register = async () => {
    const organization = await world.register();
    const tool = await organization.client.tools.registerMcp({ body: { name: 'notes', url: upstream.url } });
    return { ...organization, tool };
  };

  it('lists and calls its tools [tools.upstream-mcp]', async () => {
    const { key, tool } = await register();
    expect(tool).toMatchObject({
      name: 'notes',
      title: 'Notes',
      version: '3.1.4',
      upstream: { state: 'connected', transport: 'http', instructions: 'Keeps notes.' },
    });
    const { client, close } = await connect(key);
    const { tools } = await client.listTools();
    const add = tools.find(({ name }) => name === 'notes_add');
    expect(add).toMatchObject({ title: 'Add', description: 'Adds two numbers', annotations: { readOnlyHint: true } });
    expect(await client.callTool({ name: 'notes_add', arguments: { a: 2, b: 3 } })).toMatchObject({
      isError: false,
      structuredContent: { sum: 5 },
      content: [{ text: '5' }, { type: 'resource_link', uri: 'devmesh+notes:note://today' }],
    });
    const failed = await client.callTool({ name: 'notes_fails', arguments: {} });
    expect(failed).toMatchObject({ isError: true, content: [{ text: 'it cannot be done' }] });
    await close();
  });
});
