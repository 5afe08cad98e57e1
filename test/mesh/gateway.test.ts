import type { ClientCapabilities } from '@modelcontextprotocol/client';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { demoToken } from '@devmesh/mockserver';
import { openTestMesh, type TestMesh } from './mesh.ts';

interface Heard {
  readonly method: string;
  readonly params?: Record<string, unknown> | undefined;
}

describe.each(['ws', 'http'] as const)('the official MCP client over %s', (scheme) => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  });
  afterAll(() => world.close());

  const urlOf = (): string =>
    scheme === 'ws' ? `${world.mesh.edgeUrl.replace('http', 'ws')}/ws` : `${world.mesh.edgeUrl}/mcp`;
  const spelled = (name: string): string => (scheme === 'ws' ? name : name.replaceAll('.', '_'));

  const connect = async (
    key: string,
    offering: ClientCapabilities = {},
  ): Promise<McpConnection & { heard: Heard[] }> => {
    const heard: Heard[] = [];
    const connection = await connectMcp({
      url: urlOf(),
      key,
      name: 'test',
      version: '1',
      prepare: (client) => {
        client.registerCapabilities(offering);
        client.fallbackNotificationHandler = (notification) => {
          heard.push(notification);
          return Promise.resolve();
        };
      },
    });
    return { ...connection, heard };
  };

  const importAcme = async (client: Awaited<ReturnType<TestMesh['register']>>['client'], token = demoToken) =>
    client.tools.importTool({
      body: {
        name: 'acme',
        url: `${world.mesh.mockUrl}/openapi.json`,
        credential: { kind: 'bearer', token },
      },
    });

  it('initializes, pings, and is told what the server is', async () => {
    const { key } = await world.register();
    const { client, close } = await connect(key);
    expect(client.getServerVersion()).toMatchObject({ name: 'developer-mesh' });
    await client.ping();
    await close();
  });

  it('gets the prompts that the organization wrote, and hears when they change [prompts.served]', async () => {
    const { client: api, key } = await world.register();
    const { client, close, heard } = await connect(key);
    expect((await client.listPrompts()).prompts).toEqual([]);
    const written = {
      title: 'Review',
      description: 'Reviews a change',
      arguments: [{ name: 'language', required: true, values: ['Go', 'TypeScript'] }],
      messages: [{ role: 'user' as const, content: { type: 'text' as const, text: 'Review this {{language}}.' } }],
    };
    await api.prompts.putPrompt({ params: { name: 'code-review' }, body: written });
    await expect.poll(() => heard.map(({ method }) => method)).toContain('notifications/prompts/list_changed');
    const { values: _proposed, ...argument } = written.arguments[0]!;
    expect((await client.listPrompts()).prompts).toEqual([
      { name: 'code-review', title: 'Review', description: 'Reviews a change', arguments: [argument] },
    ]);
    expect(await client.getPrompt({ name: 'code-review', arguments: { language: 'Go' } })).toMatchObject({
      description: 'Reviews a change',
      messages: [{ role: 'user', content: { type: 'text', text: 'Review this Go.' } }],
    });
    await expect(client.getPrompt({ name: 'code-review' })).rejects.toMatchObject({
      code: -32_602,
      message: expect.stringContaining('language is required'),
    });
    await expect(client.getPrompt({ name: 'other' })).rejects.toMatchObject({ code: -32_602 });
    const ref = { type: 'ref/prompt', name: 'code-review' } as const;
    const { completion } = await client.complete({ ref, argument: { name: 'language', value: 'ty' } });
    expect(completion).toEqual({ values: ['TypeScript'], total: 1, hasMore: false });
    heard.length = 0;
    await api.prompts.deletePrompt({ params: { name: 'code-review' } });
    await expect.poll(() => heard.map(({ method }) => method)).toContain('notifications/prompts/list_changed');
    expect((await client.listPrompts()).prompts).toEqual([]);
    await close();
  });

  it('lists and calls the tools of an imported service [mcp.official-client]', async () => {
    const { client: api, key } = await world.register();
    await importAcme(api);
    const { client, close } = await connect(key);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining([spelled('devmesh.task.create'), 'acme_listIssues']),
    );
    const result = await client.callTool({ name: 'acme_listIssues', arguments: { limit: 2 } });
    expect(result.isError).toBe(false);
    expect(result.structuredContent).toMatchObject({ items: [{}, {}] });
    await close();
  });

  it('hands an upstream error and wrong arguments to the model instead of failing', async () => {
    const { client: api, key } = await world.register();
    await importAcme(api, 'a wrong token');
    const { client, close } = await connect(key);
    const refused = await client.callTool({ name: 'acme_listIssues', arguments: {} });
    expect(refused).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('HTTP 401') }] });
    expect(JSON.stringify(refused)).not.toContain('a wrong token');
    const wrong = await client.callTool({ name: 'acme_listIssues', arguments: { limit: 'many' } });
    expect(wrong).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('limit') }] });
    const unknown = await client.callTool({ name: spelled('devmesh.task.status'), arguments: { taskID: 'x' } });
    expect(unknown).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('taskID') }] });
    await close();
  });

  it('drives tasks by the platform tools, with results that fit their output schemas', async () => {
    const { key } = await world.register();
    const { client, close } = await connect(key);
    await client.listTools();
    const created = await client.callTool({
      name: spelled('devmesh.task.create'),
      arguments: { title: 'Look', capability: 'looking' },
    });
    const { id } = created.structuredContent as { id: string };
    const read = await client.callTool({ name: spelled('devmesh.task.status'), arguments: { taskId: id } });
    expect(read.structuredContent).toMatchObject({ id, status: 'pending' });
    await close();
  });

  it('spells names as its transport can carry them, and accepts both spellings [edge.names]', async () => {
    const { key } = await world.register();
    const { client, close } = await connect(key);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain(spelled('devmesh.task.list'));
    expect(names.every((name) => (scheme === 'ws' ? /^[\w.-]{1,64}$/u : /^[\w-]{1,64}$/u).test(name))).toBe(true);
    for (const name of ['devmesh.task.list', 'devmesh_task_list']) {
      expect(await client.callTool({ name, arguments: {} })).toMatchObject({ structuredContent: { items: [] } });
    }
    await close();
  });

  it('notifies an agent of its task; it completes it, and nobody else can [tasks.notify]', async () => {
    const { client: api, key } = await world.register();
    const agent = await api.agents.createAgent({ body: { name: 'a', capabilities: ['review'] } });
    const { token } = await api.identity.createKey({ body: { name: 'a', type: 'agent', agentId: agent.id } });
    const connection = await connect(token);
    await expect.poll(async () => (await api.agents.listAgents({ query: {} })).items[0]?.status).toBe('online');
    const task = await api.tasks.createTask({ body: { title: 'Review it', capability: 'review' } });
    const told = () => connection.heard.find(({ method }) => method === 'notifications/devmesh/task.assigned');
    await expect.poll(told, { timeout: 10_000 }).toMatchObject({ params: { taskId: task.id, title: 'Review it' } });
    const complete = {
      name: spelled('devmesh.task.complete'),
      arguments: { taskId: task.id, fence: told()!.params!['fence'] },
    };
    const admin = await connect(key);
    expect(await admin.client.callTool(complete)).toMatchObject({ isError: true });
    await connection.client.listTools();
    expect(await connection.client.callTool(complete)).toMatchObject({ structuredContent: { status: 'completed' } });
    await Promise.all([admin.close(), connection.close()]);
    await expect.poll(async () => (await api.agents.listAgents({ query: {} })).items[0]?.status).toBe('offline');
  });

  it('gives an agent tasks for what it offers in its handshake [tasks.assign]', async () => {
    const { client: api } = await world.register();
    const agent = await api.agents.createAgent({ body: { name: 'a', capabilities: ['review', 'deploy'] } });
    const { token } = await api.identity.createKey({ body: { name: 'a', type: 'agent', agentId: agent.id } });
    const offering = { experimental: { 'devmesh/agent': { capabilities: ['deploy', 'Not a name'] } } };
    const connection = await connect(token, offering);
    const offered = async () => (await api.agents.listAgents({ query: {} })).items[0]?.offered;
    await expect.poll(offered).toEqual(['deploy']);
    await connection.close();
    await expect.poll(offered).toEqual([]);
  });

  it('tells an agent that comes back of what it still has to do', async () => {
    const { client: api } = await world.register();
    const agent = await api.agents.createAgent({ body: { name: 'a', capabilities: ['review'] } });
    const { token } = await api.identity.createKey({ body: { name: 'a', type: 'agent', agentId: agent.id } });
    const first = await connect(token);
    await expect.poll(async () => (await api.agents.listAgents({ query: {} })).items[0]?.status).toBe('online');
    const task = await api.tasks.createTask({ body: { title: 'Review it', capability: 'review' } });
    await first.close();
    const second = await connect(token);
    await expect.poll(() => second.heard, { timeout: 10_000 }).toMatchObject([{ params: { taskId: task.id } }]);
    await second.close();
  });

  it('lists, reads and follows the resources of its organization, and no other', async () => {
    const { client: api, key, organizationId } = await world.register();
    const other = await world.register();
    const { client, heard, close } = await connect(key);
    const { resources } = await client.listResources();
    const uri = `devmesh://tasks/${organizationId}`;
    expect(resources.map((resource) => resource.uri)).toEqual(expect.arrayContaining([uri, 'devmesh://system/health']));
    const health = await client.readResource({ uri: 'devmesh://system/health' });
    expect(JSON.parse((health.contents[0] as { text: string }).text)).toMatchObject({ status: 'ok' });
    await client.subscribeResource({ uri });
    const task = await api.tasks.createTask({ body: { title: 'New', capability: 'x' } });
    await expect
      .poll(() => heard)
      .toContainEqual(expect.objectContaining({ method: 'notifications/resources/updated', params: { uri } }));
    const read = await client.readResource({ uri });
    expect((read.contents[0] as { text: string }).text).toContain(task.id);
    await expect(client.readResource({ uri: `devmesh://tasks/${other.organizationId}` })).rejects.toThrow(
      /no resource/u,
    );
    await close();
  });

  it('is told when the list of tools changes', async () => {
    const { client: api, key } = await world.register();
    const { client, heard, close } = await connect(key);
    await client.ping();
    await importAcme(api);
    await expect
      .poll(() => heard.map(({ method }) => method), { timeout: 10_000 })
      .toContain('notifications/tools/list_changed');
    await close();
  });

  it('lists only what the key may call, and refuses to call the rest [edge.truthful-list]', async () => {
    const { client: api } = await world.register();
    const { token } = await api.identity.createKey({ body: { name: 'g', type: 'gateway' } });
    const { client, close } = await connect(token);
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain(spelled('devmesh.task.status'));
    expect(names).not.toContain(spelled('devmesh.task.create'));
    const denied = await client.callTool({
      name: spelled('devmesh.task.create'),
      arguments: { title: 'x', capability: 'x' },
    });
    expect(denied).toMatchObject({ isError: true, content: [{ text: expect.stringContaining('tasks:write') }] });
    await close();
  });

  it('shows one organization nothing of another [tenancy.no-foreign-rows]', async () => {
    const one = await world.register();
    const other = await world.register();
    await importAcme(other.client);
    const { client, close } = await connect(one.key);
    expect((await client.listTools()).tools.filter(({ name }) => name.startsWith('acme'))).toEqual([]);
    const stolen = await client.callTool({ name: 'acme_listIssues', arguments: {} });
    expect(stolen).toMatchObject({ isError: true });
    await close();
  });

  it.each(['', 'dm_admin_wrong'])('is refused with the key %j [edge.authenticated]', async (key) => {
    await expect(connect(key)).rejects.toThrow(/key|401/u);
  });

  it('is refused once its key is revoked [edge.authenticated, identity.key-ends]', async () => {
    const { client: api } = await world.register();
    const { token, key } = await api.identity.createKey({ body: { name: 'u', type: 'user' } });
    const connection = await connect(token);
    await api.identity.revokeKey({ params: { keyId: key.id } });
    // The session ends with the key; whichever comes first tells why.
    await expect(connection.client.listTools()).rejects.toThrow(/key|session ended|closed/u);
    await connection.close().catch(() => undefined);
    const again = () => connect(token).then(({ close }) => close(), String);
    await expect.poll(again).toMatch(/key|401/u);
  });
});

describe('the WebSocket endpoint', () => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  });
  afterAll(() => world.close());

  it('answers malformed frames with errors, and keeps the connection [mcp.malformed]', async () => {
    const { key } = await world.register();
    const socket = new WebSocket(`${world.mesh.edgeUrl.replace('http', 'ws')}/ws`, 'mcp', {
      headers: { authorization: `Bearer ${key}` },
    });
    await new Promise((resolve) => socket.once('open', resolve));
    const next = (): Promise<unknown> =>
      new Promise((resolve) => socket.once('message', (data: Buffer) => resolve(JSON.parse(data.toString('utf8')))));
    for (const frame of ['{', '[]', '{"jsonrpc":"1.0"}', 'null']) {
      const answer = next();
      socket.send(frame);
      expect(await answer).toMatchObject({ error: { code: expect.any(Number), message: expect.any(String) } });
    }
    const pong = next();
    socket.send('{"jsonrpc":"2.0","id":1,"method":"ping"}');
    expect(await pong).toEqual({ jsonrpc: '2.0', id: 1, result: {} });
    socket.close();
  });
});
