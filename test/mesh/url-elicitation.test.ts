import { connectMcp } from '@devmesh/mcp/client';
import { UrlElicitationRequiredError, type McpServer } from '@modelcontextprotocol/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { startUpstream, type UpstreamServer } from './upstream-server.fixture.ts';

const address = {
  mode: 'url',
  elicitationId: 'consent-1',
  url: 'https://example.com/consent?for=1',
  message: 'Please agree',
} as const;

/** Calls of `once`, which wants a person before every second one. */
let calls = 0;

/** Tools that need a person to open an address: before the call, or while it runs. */
function withAddresses(server: McpServer): void {
  server.registerTool('first', {}, () => {
    throw new UrlElicitationRequiredError([address, { ...address, url: 'javascript:alert(1)' }], 'Agree first');
  });
  server.registerTool('once', {}, () => {
    calls += 1;
    if (calls % 2 === 1) throw new UrlElicitationRequiredError([address], 'Agree first');
    return { content: [{ type: 'text', text: 'done' }] };
  });
  server.registerTool('meanwhile', {}, async ({ mcpReq }) => {
    const { action } = await mcpReq.elicitInput(address);
    await mcpReq.notify({
      method: 'notifications/elicitation/complete',
      params: { elicitationId: address.elicitationId },
    });
    return { content: [{ type: 'text', text: action }] };
  });
}

describe('addresses that a server wants a person to open', () => {
  let world: TestMesh;
  let upstream: UpstreamServer;
  let key: string;
  beforeAll(async () => {
    world = await openTestMesh();
    upstream = await startUpstream({ more: withAddresses });
    const registered = await world.register();
    key = registered.key;
    await registered.client.tools.registerMcp({ body: { name: 'web', url: upstream.url } });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await upstream.close();
  });

  const connect = async (
    elicitation: { readonly form?: object; readonly url?: object },
    { pin, action = 'accept' }: { readonly pin?: string; readonly action?: 'accept' | 'decline' } = {},
  ) => {
    const asked: unknown[] = [];
    const done: unknown[] = [];
    const { client, close } = await connectMcp({
      url: `${world.mesh.edgeUrl}/mcp`,
      key,
      name: 'test',
      version: '1',
      options: {
        capabilities: { elicitation: { ...elicitation } as Record<string, Record<string, never>> },
        ...(pin === undefined ? {} : { versionNegotiation: { mode: { pin } } }),
      },
      prepare: (one) => {
        one.setRequestHandler('elicitation/create', ({ params }) => {
          asked.push(params);
          return { action };
        });
        one.setNotificationHandler('notifications/elicitation/complete', ({ params }) => void done.push(params));
      },
    });
    return { client, close, asked, done };
  };

  it('are told as an error of the protocol to clients that can show them, and no others [upstream.relayed]', async () => {
    const able = await connect({ form: {}, url: {} });
    const refused = await able.client.callTool({ name: 'web_first', arguments: {} }).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: -32_042, data: { elicitations: [address] } });
    const unable = await connect({ form: {} });
    expect(await unable.client.callTool({ name: 'web_first', arguments: {} })).toMatchObject({ isError: true });
    await Promise.all([able.close(), unable.close()]);
  });

  it('are questions to clients without sessions, whose call is made again [upstream.relayed]', async () => {
    const pin = '2026-07-28';
    const able = await connect({ form: {}, url: {} }, { pin });
    const { content } = await able.client.callTool({ name: 'web_once', arguments: {} });
    expect(content).toMatchObject([{ text: 'done' }]);
    const { mode, url, message } = address;
    expect(able.asked).toEqual([{ mode, url, message }]);
    const unwilling = await connect({ form: {}, url: {} }, { pin, action: 'decline' });
    const refused = await unwilling.client.callTool({ name: 'web_once', arguments: {} }).catch(String);
    expect(refused).toContain('a person to open https://example.com/consent?for=1 first');
    await Promise.all([able.close(), unwilling.close()]);
  });

  it('reach the client during a call, and that they have done their work [upstream.relayed]', async () => {
    const { client, close, asked, done } = await connect({ form: {}, url: {} });
    const { content } = await client.callTool({ name: 'web_meanwhile', arguments: {} });
    expect(content).toMatchObject([{ text: 'accept' }]);
    expect(asked).toMatchObject([address]);
    await expect.poll(() => done).toEqual([{ elicitationId: 'consent-1' }]);
    await close();
  });
});
