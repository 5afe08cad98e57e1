import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

const rows = Array.from({ length: 6_000 }, (_, id) => ({ id, name: `row ${String(id)} ж`, more: 'x'.repeat(30) }));
const whole = JSON.stringify({ rows });
/** Larger than coding agents are shown, and not larger than others are. */
const some = JSON.stringify({ rows: rows.slice(0, 1_500) });

interface Page {
  readonly id: string;
  readonly text: string;
  readonly nextCursor?: string;
}

interface ResourceContent {
  readonly uri: string;
  readonly text?: string;
}

describe('a result that was too large for its answer, through the gateway', () => {
  let world: TestMesh;
  let server: Server;
  let organization: Awaited<ReturnType<TestMesh['register']>>;
  let connection: McpConnection;
  beforeAll(async () => {
    world = await openTestMesh();
    server = createServer(({ url }, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(url === '/some' ? some : whole);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    organization = await world.register();
    const document = JSON.stringify({
      openapi: '3.1.0',
      info: { title: 'Rows', version: '1' },
      servers: [{ url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` }],
      paths: {
        '/rows': { get: { operationId: 'list', summary: 'List rows' } },
        '/some': { get: { operationId: 'some', summary: 'List some rows' } },
      },
    });
    await organization.client.tools.importTool({ body: { name: 'rows', document } });
    connection = await connect(organization.key);
  }, 60_000);
  afterAll(async () => {
    await connection.close();
    await world.close();
    server.close();
  });

  const connect = (key: string, name = 'test'): Promise<McpConnection> =>
    connectMcp({ url: `${world.mesh.edgeUrl}/mcp`, key, name, version: '1' });

  /** Calls the tool; the address of what was kept. */
  const keep = async (): Promise<string> => {
    const { content } = await connection.client.callTool({ name: 'rows_list', arguments: {} });
    const link = (content as { type: string; uri?: string }[]).find(({ type }) => type === 'resource_link');
    return link?.uri ?? '';
  };
  const idOf = (uri: string): string => uri.slice('devmesh://results/'.length);
  const page = async (args: Record<string, unknown>): Promise<Page> => {
    const { structuredContent } = await connection.client.callTool({ name: 'devmesh_result_read', arguments: args });
    return structuredContent as Page;
  };

  it('is read whole at its address, each page naming the next [tools.large-results]', async () => {
    let text = '';
    let uri: string | undefined = await keep();
    expect(uri).toMatch(/^devmesh:\/\/results\/[0-9a-f-]{36}$/u);
    for (let pages = 0; uri !== undefined && pages < 20; pages += 1) {
      const contents: readonly ResourceContent[] = (await connection.client.readResource({ uri })).contents;
      const [first, rest] = contents;
      expect(first).toMatchObject({ uri, mimeType: 'application/json' });
      text += first?.text ?? '';
      uri = rest?.uri;
    }
    expect(text).toBe(whole);
  });

  it('is read whole by devmesh.result.read, or the fields that are wanted', async () => {
    const resultId = idOf(await keep());
    let { text, nextCursor: cursor } = await page({ resultId });
    while (cursor !== undefined) {
      const next = await page({ resultId, cursor });
      text += next.text;
      cursor = next.nextCursor;
    }
    expect(text).toBe(whole);
    const one = await page({ resultId, select: '/rows/7/name' });
    expect(JSON.parse(one.text)).toEqual({ rows: [{ name: 'row 7 ж' }] });
    const { contents } = await connection.client.readResource({
      uri: `devmesh://results/${resultId}?select=/rows/7/id`,
    });
    expect(contents).toMatchObject([{ text: '{"rows":[{"id":7}]}' }]);
  });

  it('is smaller for a coding agent, and kept as a whole all the same [edge.modes]', async () => {
    const shown = async (name: string) => {
      const { client, close } = await connect(organization.key, name);
      const { content } = await client.callTool({ name: 'rows_some', arguments: {} });
      await close();
      const [first, ...others] = content as { type: string; text?: string }[];
      return {
        bytes: Buffer.byteLength(first?.text ?? ''),
        linked: others.some(({ type }) => type === 'resource_link'),
      };
    };
    expect(await shown('test')).toEqual({ bytes: Buffer.byteLength(some), linked: false });
    const { bytes, linked } = await shown('claude-code');
    expect(linked).toBe(true);
    expect(bytes).toBeLessThanOrEqual(65_536);
  });

  it('is not there for another key, nor another organization [tools.large-results]', async () => {
    const uri = await keep();
    const { token } = await organization.client.identity.createKey({ body: { name: 'other', type: 'admin' } });
    for (const key of [token, (await world.register()).key]) {
      const { client, close } = await connect(key);
      await expect(client.readResource({ uri })).rejects.toThrow(/no result/u);
      const refused = await client.callTool({ name: 'devmesh_result_read', arguments: { resultId: idOf(uri) } });
      expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('not_found') }] });
      await close();
    }
  });
});
