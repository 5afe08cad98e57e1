import { once } from 'node:events';
import { MeshError, silentTelemetry, type SpanOptions, type Telemetry } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { createMcpEndpoint } from './endpoint.ts';
import type { Message, Params } from './message.ts';
import { createTestEndpoint, type Caller } from './testing/endpoint.ts';

interface Reply {
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly code: number; readonly message: string; readonly data: Record<string, unknown> };
}

const initializeParams = {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'tester', version: '1' },
};

function connect(endpoint = createTestEndpoint().endpoint) {
  const sent: { method: string; params: Params }[] = [];
  const closed: string[] = [];
  const connection = endpoint.connect({ key: 'good' } satisfies Caller, {
    kind: 'websocket',
    send: (text) => sent.push(JSON.parse(text) as { method: string; params: Params }),
    close: (reason) => closed.push(reason),
  });
  let lastId = 0;
  const receive = async (message: Message): Promise<Reply | undefined> => {
    const text = await connection.receive(message);
    return text === undefined ? undefined : (JSON.parse(text) as Reply);
  };
  const request = (method: string, params: Params = {}, id: string | number = (lastId += 1)) =>
    receive({ kind: 'request', id, method, params });
  const notify = (method: string, params: Params = {}) => receive({ kind: 'notification', method, params });
  return { connection, sent, closed, request, notify };
}

async function connectAndInitialize(endpoint = createTestEndpoint().endpoint) {
  const client = connect(endpoint);
  await client.request('initialize', initializeParams);
  await client.notify('notifications/initialized');
  return client;
}

const tool = (name: string, args: Params = {}) => ({ name, arguments: args });
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('initialize', () => {
  it.each(['2025-03-26', '2025-06-18', '2025-11-25'])('agrees to %s [mcp.revisions]', async (protocolVersion) => {
    const reply = await connect().request('initialize', { ...initializeParams, protocolVersion });
    expect(reply?.result).toEqual({
      protocolVersion,
      capabilities: { tools: { listChanged: true }, resources: { listChanged: true, subscribe: true } },
      serverInfo: { name: 'test', version: '1.0.0' },
      instructions: 'Add things.',
    });
  });

  it('offers its latest version to a client that asks for an unknown one', async () => {
    const reply = await connect().request('initialize', { ...initializeParams, protocolVersion: '2099-01-01' });
    expect(reply?.result?.['protocolVersion']).toBe('2025-11-25');
  });

  it('refuses every request before it except ping', async () => {
    const { request } = connect();
    expect((await request('ping'))?.result).toEqual({});
    expect((await request('tools/list'))?.error?.data['code']).toBe('invalid_state');
    expect((await request('nonsense'))?.error?.data['code']).toBe('invalid_state');
  });

  it('happens once', async () => {
    const { request } = await connectAndInitialize();
    expect((await request('initialize', initializeParams))?.error?.data['code']).toBe('invalid_state');
  });

  it('names every wrong field', async () => {
    const reply = await connect().request('initialize', { protocolVersion: 7 });
    expect(reply?.error?.code).toBe(-32602);
    const issues = reply?.error?.data['issues'] as { path: string }[];
    expect(issues.map(({ path }) => path)).toEqual(['protocolVersion', 'capabilities', 'clientInfo']);
  });
});

describe('requests', () => {
  it('have no methods of groups without handlers', async () => {
    const { request } = await connectAndInitialize();
    for (const method of ['prompts/list', 'logging/setLevel', 'server/discover', 'constructor']) {
      expect((await request(method))?.error).toMatchObject({ code: -32601, data: { code: 'method_not_found' } });
    }
  });

  it('answer an unexpected failure without its message, and log it', async () => {
    const logged: unknown[] = [];
    const log = { ...silentTelemetry.log, error: (_message: string, error: unknown) => void logged.push(error) };
    const { endpoint } = createTestEndpoint({ ...silentTelemetry, log });
    const { request } = await connectAndInitialize(endpoint);
    const reply = await request('tools/call', tool('crash'));
    expect(reply?.error).toMatchObject({ code: -32603, data: { code: 'internal' } });
    expect(JSON.stringify(reply)).not.toContain('hunter2');
    expect(logged).toEqual([new Error('the password is hunter2')]);
  });

  it('carry the code of a thrown MeshError, with the number that MCP prescribes for missing things', async () => {
    const { request } = await connectAndInitialize();
    const missingTool = await request('tools/call', tool('nonsense'));
    expect(missingTool?.error).toMatchObject({ code: -32602, data: { code: 'not_found' } });
    const missingResource = await request('resources/read', { uri: 'test://nothing' });
    expect(missingResource?.error).toMatchObject({ code: -32002, data: { code: 'not_found' } });
  });

  it('run side by side up to the limit and are refused beyond it', async () => {
    const test = createTestEndpoint();
    const { request, connection } = await connectAndInitialize(test.endpoint);
    const calls = [1, 2, 3, 4].map((id) => request('tools/call', tool('wait'), `w${String(id)}`));
    await test.waiting(4);
    expect(connection.pending).toBe(4);
    expect((await request('ping'))?.error?.data).toMatchObject({ code: 'rate_limited', retryAfterSeconds: 1 });
    test.release();
    expect((await Promise.all(calls)).every((reply) => reply?.result !== undefined)).toBe(true);
    expect((await request('ping'))?.result).toEqual({});
  });

  it('may not share an id while in progress, and tell the string from the number', async () => {
    const test = createTestEndpoint();
    const { request } = await connectAndInitialize(test.endpoint);
    const first = request('tools/call', tool('wait'), 7);
    await test.waiting(1);
    expect((await request('ping', {}, 7))?.error?.code).toBe(-32600);
    expect((await request('ping', {}, '7'))?.result).toEqual({});
    test.release();
    expect((await first)?.result).toBeDefined();
  });

  it('that the client cancels are aborted and get no response', async () => {
    const test = createTestEndpoint();
    const { request, notify } = await connectAndInitialize(test.endpoint);
    const call = request('tools/call', tool('wait'), 'slow');
    await test.waiting(1);
    await notify('notifications/cancelled', { requestId: 'other' });
    await notify('notifications/cancelled', { requestId: 'slow' });
    expect(await call).toBeUndefined();
    expect(test.aborted).toEqual(['slow']);
  });

  it('say nothing more once they are cancelled', async () => {
    const endpoint = createMcpEndpoint<Caller>({
      ownerOf: ({ key }) => key,
      info: { name: 'test', version: '1' },
      telemetry: silentTelemetry,
      handlers: {
        tools: {
          list: async () => ({ tools: [] }),
          call: async (_session, _call, { signal, progress, notify: say }) => {
            await once(signal, 'abort');
            progress({ progress: 1 });
            say('notifications/late');
            return { content: [] };
          },
        },
      },
    });
    const { request, notify, sent } = await connectAndInitialize(endpoint);
    const call = request('tools/call', { ...tool('any'), _meta: { progressToken: 1 } }, 'slow');
    await settled();
    await notify('notifications/cancelled', { requestId: 'slow' });
    expect(await call).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it('report progress only to those who asked', async () => {
    const { request, sent } = await connectAndInitialize();
    await request('tools/call', tool('count'));
    expect(sent).toEqual([]);
    await request('tools/call', { ...tool('count'), _meta: { progressToken: 0 } });
    expect(sent.map(({ params }) => [params['progressToken'], params['progress']])).toEqual([
      [0, 1],
      [0, 2],
      [0, 3],
    ]);
  });

  it('whose result cannot be written as JSON are answered all the same', async () => {
    const endpoint = createMcpEndpoint<Caller>({
      ownerOf: ({ key }) => key,
      info: { name: 'test', version: '1' },
      telemetry: silentTelemetry,
      handlers: {
        tools: {
          list: async () => ({ tools: [] }),
          call: async () => ({ content: [], structuredContent: { big: 1n } }),
        },
      },
    });
    const { request } = await connectAndInitialize(endpoint);
    expect((await request('tools/call', tool('any')))?.error?.data['code']).toBe('internal');
  });

  it('run in a span that continues the trace of the client', async () => {
    const spans: [string, SpanOptions][] = [];
    const telemetry: Telemetry = {
      ...silentTelemetry,
      tracer: {
        ...silentTelemetry.tracer,
        span: (name, options, work) => {
          spans.push([name, options]);
          return work();
        },
      },
    };
    const { request } = await connectAndInitialize(createTestEndpoint(telemetry).endpoint);
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await request('tools/call', { ...tool('add'), _meta: { traceparent } });
    await request('made-up-by-a-client');
    expect(spans[1]).toMatchObject([
      'mcp tools/call',
      { parent: traceparent, attributes: { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'add' } },
    ]);
    expect(spans[2]?.[0]).toBe('mcp unknown');
  });
});

describe('sessions', () => {
  it('are opened by the first notification or request after initialize, and closed once', async () => {
    const test = createTestEndpoint();
    const { connection, request, notify } = connect(test.endpoint);
    await request('initialize', initializeParams);
    await request('ping');
    await settled();
    expect([...test.endpoint.sessions]).toEqual([]);
    await request('tools/list');
    await notify('notifications/initialized');
    expect([...test.endpoint.sessions].map(({ clientInfo }) => clientInfo.name)).toEqual(['tester']);
    connection.end();
    connection.end();
    await settled();
    expect(test.endpoint.sessions.size).toBe(0);
    expect(test.log).toEqual(['opened tester', 'closed tester']);
  });

  it('that never opened are not closed either', async () => {
    const test = createTestEndpoint();
    const { connection, request } = connect(test.endpoint);
    await request('initialize', initializeParams);
    connection.end();
    await settled();
    expect(test.log).toEqual([]);
  });

  it('are closed only after they have finished opening, and at once when that fails', async () => {
    const log: string[] = [];
    const endpoint = createMcpEndpoint<Caller>({
      ownerOf: ({ key }) => key,
      info: { name: 'test', version: '1' },
      telemetry: silentTelemetry,
      handlers: {
        opened: async () => {
          await settled();
          log.push('opened');
          throw new MeshError('unavailable', 'Not now.');
        },
        closed: () => {
          log.push('closed');
        },
      },
    });
    const { closed, connection } = await connectAndInitialize(endpoint);
    connection.end();
    await settled();
    await settled();
    expect(log).toEqual(['opened', 'closed']);
    const second = await connectAndInitialize(endpoint);
    await settled();
    await settled();
    expect(second.closed).toEqual(['The session could not be opened.']);
    expect(closed).toEqual([]);
  });

  it('abort their requests when they end, answer that they have, and say nothing more', async () => {
    const test = createTestEndpoint();
    const { connection, request, sent } = await connectAndInitialize(test.endpoint);
    const [session] = test.endpoint.sessions;
    session?.notify('notifications/tools/list_changed');
    const call = request('tools/call', tool('wait'), 1);
    await test.waiting(1);
    connection.end();
    expect(await call).toMatchObject({ error: { data: { code: 'unavailable' } } });
    session?.notify('notifications/tools/list_changed');
    expect(sent).toHaveLength(1);
    expect(await request('ping')).toBeUndefined();
  });

  it('keep the subscriptions that the handler allowed', async () => {
    const test = createTestEndpoint();
    const { request } = await connectAndInitialize(test.endpoint);
    const [session] = test.endpoint.sessions;
    await request('resources/subscribe', { uri: 'test://nothing' });
    await request('resources/subscribe', { uri: 'test://clock' });
    expect([...(session?.subscriptions ?? [])]).toEqual(['test://clock']);
    await request('resources/unsubscribe', { uri: 'test://clock' });
    expect(session?.subscriptions.size).toBe(0);
  });
});
