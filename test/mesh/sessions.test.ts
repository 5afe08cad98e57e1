import { createClient, type Client } from '@devmesh/api';
import { createEdge } from '@devmesh/edge-mcp';
import { silentTelemetry } from '@devmesh/foundation';
import type { HttpService } from '@devmesh/infrastructure';
import { connectMcp, type McpConnection } from '@devmesh/mcp/client';
import { fakeClock } from '@devmesh/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';

/** Two gateways of one platform, besides the mesh's own. */
describe('the sessions of several gateways', () => {
  let world: TestMesh;
  const clock = fakeClock();
  const gateways: HttpService[] = [];
  beforeAll(async () => {
    world = await openTestMesh();
    for (const gateway of ['north', 'south']) {
      const edge = createEdge({
        host: '127.0.0.1',
        port: 0,
        platformUrl: world.mesh.apiUrl,
        allowedOrigins: [],
        gateway,
        telemetry: silentTelemetry,
        clock,
      });
      await edge.start();
      gateways.push(edge);
    }
  }, 60_000);
  afterAll(async () => {
    await Promise.all(gateways.map((edge) => edge.stop()));
    await world.close();
  });

  const connect = (at: number, key: string, scheme: 'ws' | 'http', name: string): Promise<McpConnection> => {
    const { url } = gateways[at]!.address();
    return connectMcp({
      url: scheme === 'ws' ? `${url.replace('http', 'ws')}/ws` : `${url}/mcp`,
      key,
      name,
      version: '7',
    });
  };
  const listed = async (client: Client) => {
    const { items } = await client.sessions.list({ query: {} });
    return items.map(({ clientName, gateway, transport }) => `${clientName} ${gateway} ${transport}`).toSorted();
  };
  const idOf = async (client: Client, name: string): Promise<string> =>
    (await client.sessions.list({ query: {} })).items.find(({ clientName }) => clientName === name)!.id;

  it('are all in one list, until they close [edge.sessions]', async () => {
    const { client, key } = await world.register();
    const agent = await client.agents.createAgent({ body: { name: 'a', capabilities: ['review'] } });
    const { token } = await client.identity.createKey({ body: { name: 'a', type: 'agent', agentId: agent.id } });
    const over = [await connect(0, key, 'ws', 'one'), await connect(1, token, 'http', 'two')];
    await Promise.all(over.map((connection) => connection.client.ping()));
    await over[1]!.client.listTools();
    await expect.poll(() => listed(client)).toEqual(['one north websocket', 'two south http']);
    const { items } = await client.sessions.list({ query: {} });
    expect(items.find(({ agentId }) => agentId === agent.id)).toMatchObject({ clientName: 'two', clientVersion: '7' });
    await expect(
      createClient({ baseUrl: world.mesh.apiUrl, key: token }).sessions.list({ query: {} }),
    ).rejects.toMatchObject({ code: 'forbidden' });
    for (const connection of over) await connection.close();
    await expect.poll(() => listed(client)).toEqual([]);
  });

  it.each(['ws', 'http'] as const)(
    'revoked over %s ends at once where it is held, and no other [edge.sessions-revoke]',
    async (scheme) => {
      const { client, key } = await world.register();
      const going = await connect(0, key, scheme, 'going');
      const staying = await connect(1, key, scheme, 'staying');
      await Promise.all([going.client.listTools(), staying.client.listTools()]);
      await expect.poll(async () => (await listed(client)).length).toBe(2);
      await client.sessions.revoke({ params: { sessionId: await idOf(client, 'going') } });
      await expect
        .poll(() =>
          going.client.ping().then(
            () => 'open',
            () => 'ended',
          ),
        )
        .toBe('ended');
      await staying.client.ping();
      expect((await listed(client)).map((line) => line.split(' ')[0])).toEqual(['staying']);
      await staying.close();
      await going.close().catch(() => undefined);
    },
  );

  it.each(['ws', 'http'] as const)(
    'of a key that is revoked, and of a person who is locked out, end over %s, and no other [edge.sessions-revoke]',
    async (scheme) => {
      const { client, key } = await world.register();
      const owner = await client.users.invite({ body: { email: 'ada@acme.example', role: 'developer' } });
      const password = 'correct horse battery staple';
      const { user } = await createClient({ baseUrl: world.mesh.apiUrl }).users.acceptInvitation({
        body: { token: owner.token, name: 'Ada', password },
      });
      const gone = await client.identity.createKey({ body: { name: 'gone', type: 'user' } });
      const organization = (await client.identity.whoAmI()).organization.slug;
      const { accessToken } = await createClient({ baseUrl: world.mesh.apiUrl }).signIn.password({
        body: { organization, email: user.email, password, session: 'tokens' },
      });
      const ada = createClient({ baseUrl: world.mesh.apiUrl, key: accessToken ?? '' });
      const hers = await ada.identity.createOwnKey({ body: { name: 'hers' } });
      const staying = await connect(0, key, scheme, 'staying');
      const going = [await connect(0, gone.token, scheme, 'gone'), await connect(0, hers.token, scheme, 'hers')];
      await Promise.all([staying, ...going].map((connection) => connection.client.listTools()));
      await expect.poll(async () => (await listed(client)).length).toBe(3);
      await client.identity.revokeKey({ params: { keyId: gone.key.id } });
      await client.users.disable({ params: { userId: user.id } });
      for (const connection of going) {
        const state = async (): Promise<string> => {
          // In all far less than until the next refresh, which would end it too.
          await clock.advance(20);
          return connection.client.ping().then(
            () => 'open',
            () => 'ended',
          );
        };
        await expect.poll(state).toBe('ended');
      }
      await staying.client.ping();
      await staying.close();
    },
  );

  it('revoked ends with the next refresh where the key hears no feed [edge.sessions-revoke]', async () => {
    const { client } = await world.register();
    const { token } = await client.identity.createKey({
      body: { name: 'deaf', type: 'user', scopes: ['organization:read', 'tools:read'] },
    });
    const deaf = await connect(0, token, 'ws', 'deaf');
    await deaf.client.listTools();
    await expect.poll(async () => (await listed(client)).length).toBe(1);
    await client.sessions.revoke({ params: { sessionId: await idOf(client, 'deaf') } });
    await deaf.client.ping();
    await clock.advance(31_000);
    await expect
      .poll(() =>
        deaf.client.ping().then(
          () => 'open',
          () => 'ended',
        ),
      )
      .toBe('ended');
  });

  it('tell a model which limit of a tool or a capability refused, and a client which limit of its own [limits.mcp]', async () => {
    const { client, key } = await world.register();
    await client.limits.set({
      params: { scope: 'capability', subject: 'review' },
      body: { limit: 1, windowSeconds: 3_600 },
    });
    const { client: mcp, close } = await connect(1, key, 'ws', 'limited');
    const create = () =>
      mcp.callTool({ name: 'devmesh.task.create', arguments: { title: 'Do it', capability: 'review' } });
    expect((await create()).isError).not.toBe(true);
    const refused = await create();
    expect(refused.isError).toBe(true);
    expect(JSON.stringify(refused.content)).toMatch(/rate_limited: Tasks created for review: .+ in \d+ seconds/u);
    await client.limits.set({ params: { scope: 'tenant', subject: '*' }, body: { limit: 1, windowSeconds: 3_600 } });
    const error = await Promise.allSettled([mcp.listTools(), mcp.listTools(), mcp.listTools()]);
    const reason = error.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []))[0];
    expect(reason).toMatchObject({
      code: -31029,
      data: { code: 'rate_limited', retryAfterSeconds: expect.any(Number), limit: { scope: 'tenant', limit: 1 } },
    });
    await close();
  });
});
