import { connectWithOAuth } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { consent, signUp } from './oauth.fixture.ts';

describe('the official MCP client with OAuth', () => {
  let world: TestMesh;
  beforeAll(async () => {
    world = await openTestMesh();
  });
  afterAll(() => world.close());

  it('finds its way from the address of the endpoint to tools, and renews its token within a session [edge.oauth]', async () => {
    const { browser, client: admin, user } = await signUp(world.mesh);
    const url = `${world.mesh.edgeUrl}/mcp/oauth`;
    const { client, kept, close } = await connectWithOAuth({
      url,
      name: 'The official client',
      version: '1',
      redirectUri: 'http://127.0.0.1:4711/callback',
      visit: async (address) => {
        expect(address.origin).toBe(world.mesh.apiUrl);
        expect(address.searchParams.get('resource')).toBe(url);
        return (await consent(browser, address)).searchParams;
      },
    });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('devmesh_task_create');
    const created = await client.callTool({
      name: 'devmesh_task_create',
      arguments: { title: 'By OAuth', capability: 'looking' },
    });
    expect(created.isError).not.toBe(true);

    const before = kept.accessToken;
    kept.accessToken = `${before}x`;
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(names);
    expect(kept.accessToken).not.toBe(before);
    expect(kept.registrations).toBe(1);
    await close();

    const { items } = await admin.authorization.listGrants({ query: { userId: user.id } });
    expect(items).toMatchObject([{ userId: user.id, clientName: 'The official client', resource: url }]);
    const trail = (await admin.audit.list({ query: {} })).items.map(({ action }) => action);
    expect(trail).toEqual(expect.arrayContaining(['authorization.consent', 'authorization.redeemCode']));
  });
});
