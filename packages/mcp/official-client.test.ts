import { MeshError } from '@devmesh/foundation';
import type { Client, Notification } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { connectMcp } from './client/index.ts';
import { serve, type TestServer } from './testing/serve.ts';

const text = (result: { readonly content: readonly unknown[] }): unknown =>
  (result.content[0] as { readonly text: string }).text;

/** Collects what a client is told, and waits for it. */
function listen() {
  const heard: Notification[] = [];
  const waiters: (() => void)[] = [];
  return {
    prepare: (client: Client) => {
      client.fallbackNotificationHandler = async (notification) => {
        heard.push(notification);
        for (const waiter of waiters) waiter();
      };
    },
    until: async (method: string): Promise<Notification> => {
      for (;;) {
        const found = heard.find((notification) => notification.method === method);
        if (found !== undefined) return found;
        await new Promise<void>((resolve) => {
          waiters.push(resolve);
        });
      }
    },
  };
}

const connections = [
  { transport: 'WebSocket', urlOf: (server: TestServer) => server.webSocketUrl },
  { transport: 'WebSocket with binary frames', urlOf: (server: TestServer) => server.webSocketUrl, binary: true },
  { transport: 'Streamable HTTP', urlOf: (server: TestServer) => server.httpUrl },
];

describe.each(connections)('the official client over $transport', ({ urlOf, binary }) => {
  const connect = (server: TestServer, key = 'good', prepare?: (client: Client) => void) =>
    connectMcp({ url: urlOf(server), key, name: 'official', version: '2', prepare, binary });

  it('initializes, pings, lists over pages, calls, and closes its session [mcp.official-client]', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    expect(client.getServerVersion()).toMatchObject({ name: 'test' });
    expect(client.getInstructions()).toBe('Add things.');
    await client.ping();
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['add', 'wait', 'count', 'crash', 'whoami', 'greet', 'form']);
    expect(text(await client.callTool({ name: 'add', arguments: { a: 2, b: 3 } }))).toBe('5');
    expect(text(await client.callTool({ name: 'whoami' }))).toBe('good');
    await close();
    await expect.poll(() => server.log).toEqual(['opened official', 'closed official']);
  });

  it('reads resources, and hears of updates to those it subscribed to', async () => {
    await using server = await serve();
    const ears = listen();
    const { client, close } = await connect(server, 'good', ears.prepare);
    expect((await client.listResources()).resources).toEqual([{ uri: 'test://clock', name: 'clock' }]);
    const read = await client.readResource({ uri: 'test://clock' });
    expect(read.contents).toMatchObject([{ text: 'noon' }]);
    await client.subscribeResource({ uri: 'test://clock' });
    for (const session of server.endpoint.sessions) {
      for (const uri of session.subscriptions) session.notify('notifications/resources/updated', { uri });
    }
    const updated = await ears.until('notifications/resources/updated');
    expect(updated.params).toMatchObject({ uri: 'test://clock' });
    await close();
  });

  it('hears notifications of our own', async () => {
    await using server = await serve();
    const ears = listen();
    const { client, close } = await connect(server, 'good', ears.prepare);
    await client.ping();
    await client.listTools();
    for (const session of server.endpoint.sessions) session.notify('notifications/devmesh/task', { taskId: 't1' });
    expect((await ears.until('notifications/devmesh/task')).params).toMatchObject({ taskId: 't1' });
    await close();
  });

  it('cancels a call', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    const abort = new AbortController();
    const call = client.callTool({ name: 'wait' }, { signal: abort.signal });
    await server.waiting(1);
    abort.abort();
    await expect(call).rejects.toThrow(/abort/i);
    await expect.poll(() => server.aborted).toHaveLength(1);
    await client.ping();
    await close();
  });

  it('follows progress', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    const steps: unknown[] = [];
    const result = await client.callTool(
      { name: 'count' },
      { onprogress: ({ progress, message }) => steps.push([progress, message]) },
    );
    expect(text(result)).toBe('counted');
    expect(steps).toEqual([
      [1, 'step 1'],
      [2, 'step 2'],
      [3, 'step 3'],
    ]);
    await close();
  });

  it.each([
    ['greet', '<Who?> of <Where from?>'],
    ['form', '<Who?> first'],
  ])('is asked what %s needs while the call runs', async (name, wanted) => {
    await using server = await serve();
    const { client, close } = await connectMcp({
      url: urlOf(server),
      key: 'good',
      name: 'official',
      version: '2',
      options: { capabilities: { elicitation: {} } },
      prepare: (unconnected) => {
        unconnected.setRequestHandler('elicitation/create', async ({ params }) => ({
          action: 'accept',
          content: { text: `<${params.message}>` },
        }));
      },
    });
    expect(text(await client.callTool({ name }))).toBe(wanted);
    await close();
  });

  it('that cannot be asked is told what is missing', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    await expect(client.callTool({ name: 'form' })).rejects.toMatchObject({
      code: -32021,
      message: expect.stringContaining('elicitation') as string,
    });
    await close();
  });

  it('is told the code and the next step of a failure', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    await expect(client.callTool({ name: 'nonsense' })).rejects.toMatchObject({
      code: -32602,
      data: { code: 'not_found', next: expect.any(String) as string },
    });
    await close();
  });

  it('is refused with a wrong key', async () => {
    await using server = await serve();
    await expect(connect(server, 'bad')).rejects.toThrow(/key is missing or wrong/);
    expect(server.webSocket.connections + server.http.sessions).toBe(0);
  });

  it('makes many calls at once without mixing them up', async () => {
    await using server = await serve();
    const clients = await Promise.all(['good1', 'good2', 'good3'].map((key) => connect(server, key)));
    const answers = await Promise.all(
      clients.flatMap(({ client }) =>
        [1, 2, 3].map(async (a) => [
          text(await client.callTool({ name: 'add', arguments: { a, b: 10 } })),
          String(a + 10),
        ]),
      ),
    );
    for (const [got, wanted] of answers) expect(got).toBe(wanted);
    const names = await Promise.all(clients.map(async ({ client }) => text(await client.callTool({ name: 'whoami' }))));
    expect(names).toEqual(['good1', 'good2', 'good3']);
    await Promise.all(clients.map(({ close }) => close()));
  });
});

it('tells an unreachable server from one that refuses', async () => {
  const server = await serve();
  const url = server.webSocketUrl;
  await server[Symbol.asyncDispose]();
  const refused = connectMcp({ url, key: 'good', name: 'official', version: '2' });
  await expect(refused).rejects.toMatchObject({ code: 'upstream_unreachable' });
});

it('tells a client over WebSocket to reconnect when the server stops', async () => {
  const server = await serve();
  const errors: Error[] = [];
  const closed = new Promise<void>((resolve, reject) => {
    connectMcp({
      url: server.webSocketUrl,
      key: 'good',
      name: 'official',
      version: '2',
      prepare: (client) => {
        Object.assign(client, { onerror: (error: Error) => errors.push(error), onclose: resolve });
      },
    }).then(() => server[Symbol.asyncDispose](), reject);
  });
  await closed;
  expect(errors).toContainEqual(
    new MeshError('unavailable', 'The server closed the connection with code 1012 (reconnect).'),
  );
});
