import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

interface One {
  readonly name: string;
  readonly isError: boolean;
  readonly structured?: object;
  readonly content: readonly { readonly text?: string }[];
}

describe('a batch over MCP', () => {
  let world: TestMesh;
  let server: Server;
  let organization: Awaited<ReturnType<TestMesh['register']>>;
  const held: { readonly url: string; closed: boolean }[] = [];
  beforeAll(async () => {
    world = await openTestMesh();
    server = createServer((request, response) => {
      if (request.url === '/slow') {
        const call = { url: request.url, closed: false };
        held.push(call);
        response.on('close', () => (call.closed = true));
        return;
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ asked: request.url }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    organization = await world.register();
    const paths = Object.fromEntries(
      ['one', 'two', 'limited', 'slow'].map((name) => [
        `/${name}`,
        // Reads of the same would be made once.
        { [name === 'slow' ? 'post' : 'get']: { operationId: name, summary: name } },
      ]),
    );
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Forge', version: '1' },
      servers: [{ url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }],
      paths,
    });
    await organization.client.tools.importTool({ body: { name: 'forge', document } });
    await organization.client.limits.set({
      params: { scope: 'tool', subject: 'forge_limited' },
      body: { limit: 1, windowSeconds: 3_600 },
    });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    server.closeAllConnections();
    server.close();
  });

  const connect = (path: string): Promise<McpConnection> => {
    const { edgeUrl } = world.mesh;
    const url = path.startsWith('/ws') ? edgeUrl.replace('http', 'ws') + path : edgeUrl + path;
    return connectMcp({ url, key: organization.key, name: 'test', version: '1' });
  };
  const batch = (names: readonly string[]) => ({
    name: 'devmesh_tools_batch',
    arguments: { calls: names.map((name) => ({ name, arguments: {} })) },
  });

  it.each(['/mcp', '/ws'])(
    'answers, limits and audits each call at %s as if it came alone [edge.batch]',
    async (path) => {
      const { client, close } = await connect(path);
      await client.listTools();
      const names = ['forge_one', 'forge_none', 'forge_two', 'devmesh_agent_list', 'devmesh_tools_batch'];
      const progress: number[] = [];
      const { structuredContent } = await client.callTool(batch(names), {
        onprogress: (step) => progress.push(step.progress),
      });
      const { results, failed } = structuredContent as {
        readonly results: readonly One[];
        readonly failed: number;
      };
      expect(results.map(({ name }) => name)).toEqual(names);
      expect(results.map(({ isError }) => isError)).toEqual([false, true, false, false, true]);
      expect(results[0]?.structured).toEqual({ asked: '/one' });
      expect(failed).toBe(2);
      expect(progress).toEqual([1, 2, 3, 4, 5]);
      await close();
      const { items } = await organization.client.audit.list({ query: { action: 'tools.call', limit: 10 } });
      expect(items.map(({ subject }) => subject)).toEqual(expect.arrayContaining(['forge_one', 'forge_two']));
    },
  );

  it('takes of the limit of a tool once for each of its calls', async () => {
    const { client, close } = await connect('/ws');
    const { structuredContent } = await client.callTool(batch(['forge_limited', 'forge_one', 'forge_limited']));
    const { results } = structuredContent as { readonly results: readonly One[] };
    expect(results[1]?.isError).toBe(false);
    expect(results.filter(({ isError }) => isError)).toHaveLength(1);
    expect(JSON.stringify(results)).toContain('rate_limited');
    await close();
  });

  it('ends every call at its service where it is cancelled', async () => {
    const { client, close } = await connect('/ws');
    const cancel = new AbortController();
    const call = client.callTool(batch(['forge_slow', 'forge_slow', 'forge_slow']), { signal: cancel.signal });
    await expect.poll(() => held.length, { timeout: 10_000 }).toBe(3);
    cancel.abort();
    await expect(call).rejects.toThrow(/abort/iu);
    await expect.poll(() => held.filter(({ closed }) => closed).length, { timeout: 10_000 }).toBe(3);
    await close();
  });

  it('reaches no tool beyond its tool set', async () => {
    const definition = { title: 'Small', platformTools: true, pinned: ['forge_one'] };
    await organization.client.toolSets.putToolSet({ params: { name: 'small' }, body: definition });
    const { client, close } = await connect('/mcp/sets/small');
    const { structuredContent } = await client.callTool(batch(['forge_one', 'forge_two']));
    const { results } = structuredContent as { readonly results: readonly One[] };
    expect(results.map(({ isError }) => isError)).toEqual([false, true]);
    await close();
  });
});
