import { operations } from '@devmesh/api';
import { silentTelemetry, systemClock } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure/process';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEdge } from '../index.ts';
import { imitatePlatform } from '../platform/platform.fixture.ts';

let tools: string[];
let later: number;
let platform: ReturnType<typeof imitatePlatform>;
let edge: HttpService;
let connections: McpConnection[];
beforeEach(async () => {
  [tools, later, connections] = [['acme_one'], 0, []];
  platform = imitatePlatform(() => tools, 2);
  edge = createEdge({
    host: '127.0.0.1',
    port: 0,
    platformUrl: 'http://platform.test',
    fetch: platform.fetch,
    allowedOrigins: [],
    telemetry: silentTelemetry,
    clock: { ...systemClock, now: () => Date.now() + later },
  });
  await edge.start();
});
afterEach(async () => {
  await Promise.all(connections.map(({ close }) => close()));
  await edge.stop();
});

async function connect(key: string, path = '/ws', name = 'test') {
  const url = `${edge.address().url.replace('http', 'ws')}${path}`;
  const connection = await connectMcp({ url, key, name, version: '1' });
  connections.push(connection);
  return connection.client;
}

type Client = Awaited<ReturnType<typeof connect>>;

const listed = async (client: Client): Promise<readonly string[]> =>
  (await client.listTools()).tools.map(({ name }) => name);
const asked = (): number => platform.asked.filter((path) => path === '/catalogue').length;

/** A client whose list is kept: its feed is connected, and it has listed twice since. */
async function settled(key = platform.issue()): Promise<Client> {
  const client = await connect(key);
  await vi.waitFor(() => expect(platform.followers).toBeGreaterThan(0));
  await listed(client);
  await listed(client);
  platform.asked.length = 0;
  return client;
}

describe('the list of tools', () => {
  it('is not asked for again while nothing has changed, by none of the sessions of a key [edge.catalogue-pushed]', async () => {
    const key = platform.issue();
    const client = await settled(key);
    const other = await connect(key);
    for (const one of [client, other, client]) expect(await listed(one)).toEqual(['acme_one']);
    expect(asked()).toBe(0);
  });

  it.each(['tool.imported', 'tool.changed', 'tool.deleted', 'access.changed'])(
    'is read anew after %s [edge.catalogue-pushed]',
    async (event) => {
      const client = await settled();
      tools = ['acme_two'];
      platform.tell(event);
      await vi.waitFor(async () => expect(await listed(client)).toEqual(['acme_two']));
      await listed(client);
      expect(asked()).toBe(1);
    },
  );

  it('is kept through events that change nothing of it', async () => {
    const client = await settled();
    for (const event of ['tool.called', 'task.created', 'tool.resource_updated']) platform.tell(event);
    await listed(client);
    expect(asked()).toBe(0);
  });

  it('is one for each key and endpoint', async () => {
    const key = platform.issue();
    await settled(key);
    await listed(await connect(platform.issue()));
    expect(asked()).toBe(1);
    await listed(await connect(key, '/ws/sets/other'));
    expect(asked()).toBe(2);
  });

  it('is read anew after a gap in which a change could have gone unheard [edge.catalogue-pushed]', async () => {
    const client = await settled();
    platform.become('refusing');
    tools = ['acme_two'];
    platform.become('up');
    await vi.waitFor(async () => expect(await listed(client)).toEqual(['acme_two']));
  });

  it('is read anew after a minute, whatever was heard', async () => {
    const client = await settled();
    tools = ['acme_two'];
    expect(await listed(client)).toEqual(['acme_one']);
    later = 60_000;
    expect(await listed(client)).toEqual(['acme_two']);
  });

  it('is given page by page, each tool once, in the same order every time', async () => {
    tools = ['acme_a', 'acme_b', 'acme_c', 'acme_d', 'acme_e'];
    const client = await settled();
    const walk = async (): Promise<string[]> => {
      const names: string[] = [];
      let cursor: string | undefined;
      do {
        const page = await client.request({ method: 'tools/list', params: cursor === undefined ? {} : { cursor } });
        expect(page.tools.length).toBeLessThanOrEqual(2);
        names.push(...page.tools.map(({ name }) => name));
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      return names;
    };
    expect([await walk(), await walk(), await walk()]).toEqual([tools, tools, tools]);
  });

  it('spells names as the address asks, whatever was listed before under another', async () => {
    platform.allow(operations.tasks.listTasks.id);
    const key = platform.issue();
    const names = [];
    for (const path of ['/ws', '/ws?names=underscored', '/ws', '/ws/meta?names=underscored']) {
      names.push((await listed(await connect(key, path)))[0]);
    }
    expect(names).toEqual(['devmesh.task.list', 'devmesh_task_list', 'devmesh.task.list', 'devmesh_task_list']);
    await expect(connect(key, '/ws?names=camel')).rejects.toThrow(/neither dotted nor underscored/u);
  });

  it('is shortened for editors that would refuse it to what finds the rest, which can still be called [edge.modes]', async () => {
    tools = ['acme_a', 'acme_b', 'acme_c'];
    platform.allow(operations.tools.searchTools.id);
    const key = platform.issue();
    const editor = await connect(key, '/ws', 'Visual Studio Code');
    expect(await listed(editor)).toEqual(['devmesh.tools.search']);
    expect(await editor.callTool({ name: 'acme_c', arguments: {} })).toMatchObject({ isError: false });
    expect(await listed(await connect(key))).toEqual(['devmesh.tools.search', ...tools]);
    expect(await listed(await connect(key, '/ws?mode=standard', 'Visual Studio Code'))).toContain('acme_a');
    tools = ['acme_a'];
    platform.tell('tool.changed');
    await vi.waitFor(async () => expect(await listed(editor)).toContain('acme_a'));
  });
});
