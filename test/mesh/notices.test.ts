import type { Client } from '@devmesh/api';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

interface Heard {
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

let world: TestMesh;
beforeAll(async () => {
  world = await openTestMesh();
});
afterAll(() => world.close());

describe.each(['ws', 'http'] as const)('over %s, the official MCP client', (scheme) => {
  const url = (): string =>
    scheme === 'ws' ? `${world.mesh.edgeUrl.replace('http', 'ws')}/ws` : `${world.mesh.edgeUrl}/mcp`;

  /** Connects, and rings until it is heard: from then on the session misses nothing. */
  const connect = async (
    key: string,
    api: Client,
  ): Promise<McpConnection & { heard: Heard[]; messages: () => readonly unknown[] }> => {
    const heard: Heard[] = [];
    const prepare: NonNullable<Parameters<typeof connectMcp>[0]['prepare']> = (client) => {
      client.fallbackNotificationHandler = (notification) => {
        heard.push(notification);
        return Promise.resolve();
      };
    };
    const connection = await connectMcp({ url: url(), key, name: 'test', version: '1', prepare });
    const all = () => heard.filter(({ method }) => method === 'notifications/message').map(({ params }) => params);
    const isRing = (params: unknown) => (params as { data: { title: string } }).data.title === 'ring';
    const ring = async () => {
      await api.notifications.create({ body: { title: 'ring' } });
      return all().some(isRing);
    };
    await expect.poll(ring, { timeout: 10_000 }).toBe(true);
    const messages = () => all().filter((params) => !isRing(params));
    return { ...connection, heard, messages };
  };

  /** An organization with two agents and a key for each. */
  const crowd = async () => {
    const { client: api, key, organizationId } = await world.register();
    const agentKey = async (name: string) => {
      const { id } = await api.agents.createAgent({ body: { name, capabilities: ['x'] } });
      const { token } = await api.identity.createKey({ body: { name, type: 'agent', agentId: id } });
      return { id, token };
    };
    return { api, key, organizationId, one: await agentKey('one'), other: await agentKey('other') };
  };

  it('gets a notice as a log message of its severity, and the list of notices as a changed resource [notifications.mcp]', async () => {
    const { api, key, organizationId } = await crowd();
    const { client, heard, messages, close } = await connect(key, api);
    expect(client.getServerCapabilities()).toMatchObject({ logging: {} });
    const uri = `devmesh://notifications/${organizationId}`;
    await client.subscribeResource({ uri });
    const { id } = await api.notifications.create({
      body: { title: 'The build is red', text: 'Since noon.', severity: 'warning' },
    });
    const data = { notificationId: id, title: 'The build is red', text: 'Since noon.', at: expect.any(String) };
    await expect.poll(messages, { timeout: 10_000 }).toEqual([{ level: 'warning', logger: 'devmesh', data }]);
    expect(heard).toContainEqual(
      expect.objectContaining({ method: 'notifications/resources/updated', params: { uri } }),
    );
    const read = await client.readResource({ uri });
    expect((read.contents[0] as { text: string }).text).toContain(id);
    await close();
  });

  it('gets none less urgent than it asked for [notifications.mcp]', async () => {
    const { api, key } = await crowd();
    const { client, messages, close } = await connect(key, api);
    const notify = (severity: 'debug' | 'info' | 'error') =>
      api.notifications.create({ body: { title: severity, severity } });
    await notify('debug');
    await notify('info');
    await expect.poll(messages, { timeout: 10_000 }).toHaveLength(1);
    await client.setLoggingLevel('error');
    await notify('info');
    await notify('error');
    await expect.poll(messages, { timeout: 10_000 }).toMatchObject([{ level: 'info' }, { level: 'error' }]);
    await close();
  });

  it('of another agent, or another organization, is told nothing [notifications.meant-for]', async () => {
    const { api, key, one, other } = await crowd();
    const stranger = await world.register();
    const sessions = await Promise.all([
      ...[one.token, other.token, key].map((own) => connect(own, api)),
      connect(stranger.key, stranger.client),
    ]);
    await api.notifications.create({ body: { title: 'for one', agentId: one.id } });
    await api.notifications.create({ body: { title: 'for all' } });
    const heardBy = () =>
      sessions.map(({ messages }) => messages().map((params) => (params as { data: { title: string } }).data.title));
    await expect.poll(heardBy, { timeout: 10_000 }).toEqual([['for one', 'for all'], ['for all'], ['for all'], []]);
    await Promise.all(sessions.map(({ close }) => close()));
  });
});

it('an agent lists its notices by a tool and marks them as read; the feed carries them as server-sent events', async () => {
  const { client: api, key } = await world.register();
  const { client, close } = await connectMcp({
    url: `${world.mesh.edgeUrl.replace('http', 'ws')}/ws`,
    key,
    name: 'test',
    version: '1',
  });
  const stream = await api.system.streamEvents({ query: {} });
  const { id } = await api.notifications.create({ body: { title: 'Look' } });
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(id)) text += (await reader.read()).value ?? '';
  expect(text).toMatch(/event: notification\.created\ndata: .*"title":"Look"/u);
  await reader.cancel();
  const call = async (name: string, args: Record<string, unknown>) =>
    (await client.callTool({ name, arguments: args })).structuredContent;
  expect(await call('devmesh.notification.list', { unread: 'true' })).toMatchObject({ items: [{ id, title: 'Look' }] });
  expect(await call('devmesh.notification.read', { ids: [id] })).toEqual({ marked: 1 });
  expect(await call('devmesh.notification.list', { unread: 'true' })).toEqual({ items: [] });
  await close();
});
