import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

const version = '2026-07-28';
const prefix = 'io.modelcontextprotocol';

interface Told {
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
}

describe('an agent without a session', () => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  });
  afterAll(() => world.close());

  /** Listens over HTTP until it leaves. */
  async function listen(key: string, notifications: object) {
    const leaving = new AbortController();
    const meta = {
      [`${prefix}/protocolVersion`]: version,
      [`${prefix}/clientInfo`]: { name: 'agent', version: '1' },
      [`${prefix}/clientCapabilities`]: {},
    };
    const response = await fetch(`${world.mesh.edgeUrl}/mcp`, {
      method: 'POST',
      signal: leaving.signal,
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': version,
        'mcp-method': 'subscriptions/listen',
      },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'subscriptions/listen',
        params: { notifications, _meta: meta },
      }),
    });
    const heard: Told[] = [];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        const lines = decoder.decode(chunk).split('\n');
        for (const line of lines) if (line.startsWith('data: ')) heard.push(JSON.parse(line.slice(6)) as Told);
      }
    })().catch(() => undefined);
    return {
      heard,
      leave: async () => {
        leaving.abort();
        await reading;
      },
    };
  }

  it('hears of its tasks while it listens, those from before first, and is online so long [tasks.notify]', async () => {
    const { client: api } = await world.register();
    const agent = await api.agents.createAgent({ body: { name: 'a', capabilities: ['review'] } });
    const { token } = await api.identity.createKey({ body: { name: 'a', type: 'agent', agentId: agent.id } });
    const status = async () => (await api.agents.listAgents({ query: {} })).items[0]?.status;
    const create = (title: string) => api.tasks.createTask({ body: { title, capability: 'review' } });
    const first = await listen(token, { 'devmesh/taskAssigned': true });
    await expect.poll(status).toBe('online');
    const one = await create('one');
    const tasksOf = ({ heard }: typeof first) =>
      heard
        .filter(({ method }) => method === 'notifications/devmesh/task.assigned')
        .map(({ params }) => params?.['taskId']);
    await expect.poll(() => tasksOf(first)).toEqual([one.id]);
    await first.leave();
    await expect.poll(status).toBe('offline');
    const second = await listen(token, { 'devmesh/taskAssigned': true });
    await expect.poll(() => tasksOf(second)).toEqual([one.id]);
    expect(second.heard[0]).toMatchObject({ params: { notifications: { 'devmesh/taskAssigned': true } } });
    await second.leave();
  });
});
