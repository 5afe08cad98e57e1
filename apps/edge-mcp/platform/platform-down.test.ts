import { silentTelemetry, systemClock, type Clock } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure/process';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEdge } from '../index.ts';
import { imitatePlatform } from './platform.fixture.ts';

/** Time passes eight times as fast. */
const clock: Clock = {
  now: () => Date.now() * 8,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / 8, signal),
};

let tools: string[];
let platform: ReturnType<typeof imitatePlatform>;
let edge: HttpService;
let connections: McpConnection[];
beforeEach(async () => {
  tools = ['acme_one', 'acme_two'];
  connections = [];
  platform = imitatePlatform(() => tools);
  edge = createEdge({
    host: '127.0.0.1',
    port: 0,
    platformUrl: 'http://platform.test',
    fetch: platform.fetch,
    allowedOrigins: [],
    telemetry: silentTelemetry,
    clock,
  });
  await edge.start();
});
afterEach(async () => {
  await Promise.all(connections.map(({ close }) => close()));
  await edge.stop();
});

async function connect(scheme: 'ws' | 'http', key: string) {
  const heard: string[] = [];
  const { url } = edge.address();
  const connection = await connectMcp({
    url: scheme === 'ws' ? `${url.replace('http', 'ws')}/ws` : `${url}/mcp`,
    key,
    name: 'test',
    version: '1',
    prepare: (client) => {
      client.fallbackNotificationHandler = ({ method }) => {
        heard.push(method);
        return Promise.resolve();
      };
    },
  });
  connections.push(connection);
  return { ...connection, heard };
}

const listsChanged = ['tools', 'resources', 'prompts'].map((list) => `notifications/${list}/list_changed`);
const unavailable = expect.objectContaining({
  data: expect.objectContaining({ code: 'unavailable', retryAfterSeconds: expect.any(Number) }),
});

describe.each(['ws', 'http'] as const)('while the platform is down, the gateway over %s', (scheme) => {
  it.each(['refusing', 'silent', 'proxy'] as const)(
    'opens sessions of verified keys, lists what it knew, refuses calls, and recovers (%s) [edge.platform-down]',
    async (condition) => {
      const key = platform.issue();
      const before = await connect(scheme, key);
      const { _meta: fresh, ...list } = await before.client.listTools();
      expect(list.tools.map(({ name }) => name)).toEqual(tools);
      expect(fresh).toBeUndefined();
      await vi.waitFor(() => expect(platform.followers).toBe(1));

      platform.become(condition);
      const after = await connect(scheme, key);
      for (const { client } of [before, after]) {
        await client.ping();
        const { _meta: meta, ...stale } = await client.listTools();
        expect(stale).toEqual(list);
        expect(meta).toEqual({ 'devmesh/stale': { since: expect.any(String), readAt: expect.any(String) } });
        await expect(client.callTool({ name: 'acme_one', arguments: {} })).rejects.toEqual(unavailable);
      }
      const reading = await after.client.readResource({ uri: 'devmesh://system/health' });
      expect(JSON.parse((reading.contents[0] as { text: string }).text)).toMatchObject({
        status: 'unavailable',
        gateway: { reachesPlatform: false, platformDownSince: expect.any(String) },
      });

      tools = ['acme_three'];
      platform.become('up');
      for (const { client, heard } of [before, after]) {
        await vi.waitFor(() => expect(heard).toEqual(expect.arrayContaining(listsChanged)), 8_000);
        const { _meta: meta, ...now } = await client.listTools();
        expect([now.tools.map(({ name }) => name), meta]).toEqual([['acme_three'], undefined]);
        expect(await client.callTool({ name: 'acme_three', arguments: {} })).toMatchObject({ isError: false });
      }
    },
    15_000,
  );
});

describe('a gateway whose platform is away', () => {
  it('says unavailable, and nothing else, to keys that it has not verified [edge.platform-down]', async () => {
    platform.become('refusing');
    await expect(connect('ws', platform.issue())).rejects.toThrow(/does not answer/u);
    await expect(connect('http', platform.issue())).rejects.toThrow(/does not answer/u);
  });

  it('takes no key on that the platform refused before it went away', async () => {
    const key = platform.issue();
    const { close, client } = await connect('http', key);
    await client.listTools();
    platform.revoke(key);
    await close();
    await vi.waitFor(async () => expect((await post(key)).status).toBe(401), 8_000);
    platform.become('refusing');
    expect((await post(key)).status).toBe(503);
  }, 15_000);

  it('asks it no more than its probes do, however often clients ask [edge.platform-down]', async () => {
    const { client } = await connect('ws', platform.issue());
    platform.become('refusing');
    await expect(client.callTool({ name: 'acme_one', arguments: {} })).rejects.toEqual(unavailable);
    platform.asked.length = 0;
    const calls = Array.from({ length: 200 }, () => client.callTool({ name: 'acme_one', arguments: {} }));
    expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true);
    expect(platform.asked.filter((path) => path !== '/health')).toEqual([]);
    expect(platform.asked.length).toBeLessThan(20);
  });

  it('counts one that has lost its database as away', async () => {
    const { client } = await connect('ws', platform.issue());
    await client.listTools();
    platform.loseDatabase(true);
    expect(await client.listTools()).toHaveProperty(['_meta', 'devmesh/stale']);
    await vi.waitFor(() => expect(client.callTool({ name: 'acme_one', arguments: {} })).rejects.toEqual(unavailable));
  });
});

async function post(key: string): Promise<Response> {
  return fetch(`${edge.address().url}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 't', version: '1' } },
    }),
  });
}
