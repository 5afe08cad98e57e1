import type { Client } from '@devmesh/api';
import { demoToken } from '@devmesh/mockserver';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

describe('tool sets through the gateway', () => {
  let world: TestMesh;
  let admin: Client;
  let key: string;
  beforeAll(async () => {
    world = await openTestMesh();
    ({ client: admin, key } = await world.register());
    await admin.tools.importTool({
      body: {
        name: 'acme',
        url: `${world.mesh.mockUrl}/openapi.json`,
        credential: { kind: 'bearer', token: demoToken },
      },
    });
    const put = (name: string, rest: object) =>
      admin.toolSets.putToolSet({ params: { name }, body: { title: 'Issues', ...rest } });
    await put('issues', { include: [{ service: 'acme', names: ['*Issues'], effects: ['read'] }], unprefixed: true });
    await put('whole', { include: [{}], platformTools: true });
  });
  afterAll(() => world.close());

  const connect = (path: string, url = world.mesh.edgeUrl) =>
    connectMcp({
      url: `${path.startsWith('/ws') ? url.replace('http', 'ws') : url}${path}`,
      key,
      name: 'test',
      version: '1',
    });

  it.each(['/mcp/sets/issues', '/mcp/oauth/sets/issues', '/ws/sets/issues'])(
    'list and call at %s their own tools alone [tools.sets]',
    async (path) => {
      const { client, close } = await connect(path);
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['listIssues']);
      const answer = await client.callTool({ name: 'listIssues', arguments: {} });
      expect(answer.isError).toBe(false);
      for (const name of ['acme_listIssues', 'acme_createIssue', 'devmesh_agent_list', 'devmesh.agent.list']) {
        const refused = await client.callTool({ name, arguments: {} });
        expect(refused.isError).toBe(true);
        expect(JSON.stringify(refused.content)).toContain('not_found');
      }
      await close();
    },
  );

  it('have the tools of the platform where they say so, and are not there under another name', async () => {
    const { client, close } = await connect('/mcp/sets/whole');
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('acme_listIssues');
    expect(names.some((name) => name.startsWith('devmesh_'))).toBe(true);
    await close();
    const none = await connect('/mcp/sets/none');
    await expect(none.client.listTools()).rejects.toThrow(/no tool set none/u);
    await none.close();
  });
});
