import { describe, expect, it } from 'vitest';
import { connectMcp } from '../client/index.ts';
import type { Params } from '../message.ts';
import { serve, type TestServer } from '../testing/serve.ts';

const version = '2026-07-28';
const key = 'io.modelcontextprotocol';
const meta = (more: Params = {}): Params => ({
  [`${key}/protocolVersion`]: version,
  [`${key}/clientInfo`]: { name: 'raw', version: '1' },
  [`${key}/clientCapabilities`]: {},
  ...more,
});
const canBeAsked = meta({ [`${key}/clientCapabilities`]: { elicitation: {} } });

interface Sent {
  readonly method: string;
  readonly params?: Params;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly key?: string;
  readonly signal?: AbortSignal;
}

interface Reply {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params & { readonly resultType?: string; readonly requestState?: string };
  readonly error?: { readonly code: number; readonly data: Params };
}

let ids = 0;

function post(server: TestServer, { method, params = { _meta: meta() }, headers, key: of = 'good', signal }: Sent) {
  ids += 1;
  const { name, uri } = params;
  const target = name ?? uri;
  const all = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${of}`,
    'mcp-protocol-version': version,
    'mcp-method': method,
    'mcp-name': typeof target === 'string' ? target : undefined,
    ...headers,
  };
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return fetch(server.httpUrl, {
    method: 'POST',
    headers: given,
    body: JSON.stringify({ jsonrpc: '2.0', id: `r${String(ids)}`, method, params }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** All messages of an answer, whether it is an object or a stream that ends. */
async function messages(response: Response): Promise<readonly Reply[]> {
  const body = await response.text();
  if (response.headers.get('content-type') === 'application/json') return [JSON.parse(body) as Reply];
  return body
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => JSON.parse(line.slice(6)) as Reply);
}

async function ask(server: TestServer, sent: Sent) {
  const response = await post(server, sent);
  const all = await messages(response);
  return { status: response.status, last: all.at(-1) as Reply, before: all.slice(0, -1), headers: response.headers };
}

const call = (name: string, more: Params = {}): Sent => ({
  method: 'tools/call',
  params: { name, arguments: {}, _meta: canBeAsked, ...more },
});
const answer = (text: string) => ({ action: 'accept', content: { text } });
const said = ({ result = {} }: Reply): unknown => (result['content'] as { text: string }[])[0]?.text;
const questionsIn = ({ result = {} }: Reply): readonly string[] => Object.keys(result['inputRequests'] as object);

describe('a request without a session', () => {
  it('is answered by itself, with who answers and for how long it holds', async () => {
    await using server = await serve();
    const { status, last, headers } = await ask(server, { method: 'tools/list' });
    expect(status).toBe(200);
    expect(headers.get('mcp-session-id')).toBeNull();
    expect(last.result).toMatchObject({
      resultType: 'complete',
      tools: [{ name: 'add' }, { name: 'wait' }, { name: 'count' }],
      nextCursor: 'rest',
      ttlMs: expect.any(Number) as number,
      cacheScope: 'private',
      _meta: { [`${key}/serverInfo`]: { name: 'test', version: '1.0.0' } },
    });
    expect(server.http.sessions).toBe(0);
  });

  it('discovers what the server speaks and offers', async () => {
    await using server = await serve();
    const { last } = await ask(server, { method: 'server/discover' });
    expect(last.result).toMatchObject({
      resultType: 'complete',
      supportedVersions: expect.arrayContaining([version, '2025-06-18']) as unknown,
      capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
      instructions: 'Add things.',
      cacheScope: 'public',
    });
    expect(last.result).not.toHaveProperty('capabilities.prompts');
  });

  it.each([
    ['without _meta', {}, -32602, 400],
    ['without a version', { _meta: { [`${key}/clientCapabilities`]: {} } }, -32602, 400],
    ['without capabilities', { _meta: { [`${key}/protocolVersion`]: version } }, -32602, 400],
    ['with a severity that there is not', { _meta: meta({ [`${key}/logLevel`]: 'loud' }) }, -32602, 400],
  ])('is refused %s', async (_case, params, code, status) => {
    await using server = await serve();
    const { last, ...told } = await ask(server, { method: 'tools/list', params });
    expect(told.status).toBe(status);
    expect(last).toMatchObject({ id: `r${String(ids)}`, error: { code } });
  });

  it('is served where it does not say who its client is', async () => {
    await using server = await serve();
    const params = { _meta: meta({ [`${key}/clientInfo`]: undefined }) };
    expect((await ask(server, { method: 'tools/list', params })).status).toBe(200);
  });

  it('is told the versions that are spoken when it names another', async () => {
    await using server = await serve();
    const params = { _meta: meta({ [`${key}/protocolVersion`]: '2099-01-01' }) };
    const { status, last } = await ask(server, {
      method: 'tools/list',
      params,
      headers: { 'mcp-protocol-version': '2099-01-01' },
    });
    expect(status).toBe(400);
    expect(last.error).toMatchObject({
      code: -32022,
      data: { requested: '2099-01-01', supported: expect.arrayContaining([version]) as unknown },
    });
  });

  it.each(['initialize', 'ping', 'logging/setLevel', 'resources/subscribe', 'nonsense'])(
    'finds no method %s',
    async (method) => {
      await using server = await serve();
      const { status, last } = await ask(server, { method });
      expect([status, last.error?.code]).toEqual([404, -32601]);
    },
  );

  it('is told of a thing that there is not as the revision wants it', async () => {
    await using server = await serve();
    const params = { uri: 'test://none', _meta: meta() };
    const { status, last } = await ask(server, { method: 'resources/read', params });
    expect([status, last.error?.code, last.error?.data['code']]).toEqual([200, -32602, 'not_found']);
  });

  it('does not leak what went wrong inside', async () => {
    await using server = await serve();
    const { last } = await ask(server, call('crash'));
    expect(last.error).toMatchObject({ code: -32603 });
    expect(JSON.stringify(last)).not.toContain('hunter2');
  });

  it('hears progress before its answer, and log messages only where it asked for them', async () => {
    await using server = await serve();
    const { before, last } = await ask(server, call('count', { _meta: { ...canBeAsked, progressToken: 't' } }));
    expect(before.map(({ method, params }) => [method, params?.['progress']])).toEqual([
      ['notifications/progress', 1],
      ['notifications/progress', 2],
      ['notifications/progress', 3],
    ]);
    expect(said(last)).toBe('counted');
  });

  it('is cancelled when its client leaves', async () => {
    await using server = await serve();
    const leaving = new AbortController();
    const gone = post(server, { ...call('wait'), signal: leaving.signal });
    await server.waiting(1);
    leaving.abort();
    await expect(gone).rejects.toThrow(/abort/u);
    await expect.poll(() => server.aborted).toHaveLength(1);
  });

  it('waits its turn where a key has too many in progress', async () => {
    await using server = await serve({ http: { maximumPendingPerOwner: 1 } });
    const first = post(server, call('wait'));
    await server.waiting(1);
    expect((await ask(server, { method: 'tools/list' })).last.error?.data).toMatchObject({ code: 'rate_limited' });
    expect((await ask(server, { method: 'tools/list', key: 'good2' })).status).toBe(200);
    server.release();
    await (await first).text();
    expect((await ask(server, { method: 'tools/list' })).status).toBe(200);
  });
});

describe('the headers of a request without a session', () => {
  it.each([
    ['another version', { 'mcp-protocol-version': '2025-11-25' }],
    ['no version', { 'mcp-protocol-version': undefined }],
    ['another method', { 'mcp-method': 'tools/list' }],
    ['no method', { 'mcp-method': undefined }],
    ['another name', { 'mcp-name': 'crash' }],
    ['no name', { 'mcp-name': undefined }],
    ['a broken name', { 'mcp-name': '=?base64?/w==?=' }],
  ])('are refused with %s', async (_case, headers) => {
    await using server = await serve();
    const { status, last } = await ask(server, { ...call('whoami'), headers });
    expect(status).toBe(400);
    expect(last).toMatchObject({ id: `r${String(ids)}`, error: { code: -32020, data: { code: 'header_mismatch' } } });
  });

  it('may carry a name in Base64', async () => {
    await using server = await serve();
    const headers = { 'mcp-name': `=?base64?${Buffer.from('whoami').toString('base64')}?=` };
    expect(said((await ask(server, { ...call('whoami'), headers })).last)).toBe('good');
  });
});

describe('a call that needs input', () => {
  it('asks by its result, goes on with the answers, and keeps nobody else in the conversation', async () => {
    await using server = await serve();
    const first = await ask(server, call('greet'));
    expect(first.last.result).toMatchObject({ resultType: 'input_required' });
    expect(first.last.result?.['ttlMs']).toBeUndefined();
    const [who = ''] = questionsIn(first.last);
    const requestState = first.last.result?.requestState;
    const retry = { requestState, inputResponses: { [who]: answer('Ada'), surplus: {} } };
    for (const [of, name, given] of [
      ['good2', 'greet', {}],
      ['good', 'whoami', {}],
      ['good', 'greet', { arguments: { other: 1 } }],
    ] as const) {
      const stolen = await ask(server, { ...call(name, { ...retry, ...given }), key: of });
      expect(stolen.last.error).toMatchObject({ code: -32602, data: { code: 'invalid_request' } });
    }
    const second = await ask(server, call('greet', { ...retry, _meta: { ...canBeAsked, progressToken: 'p' } }));
    expect(second.before).toMatchObject([{ method: 'notifications/progress', params: { progressToken: 'p' } }]);
    const [where = ''] = questionsIn(second.last);
    expect(where).not.toBe(who);
    const inputResponses = { [where]: answer('London') };
    const last = await ask(server, call('greet', { inputResponses, requestState: second.last.result?.requestState }));
    expect(said(last.last)).toBe('Ada of London');
    const again = await ask(server, call('greet', { inputResponses, requestState }));
    expect(again.last.error?.code).toBe(-32602);
  });

  it('asks again for answers that are missing', async () => {
    await using server = await serve();
    const { last } = await ask(server, call('greet'));
    const { requestState } = last.result ?? {};
    const retried = await ask(server, call('greet', { requestState, inputResponses: { other: {} } }));
    expect(retried.last.result).toMatchObject({ resultType: 'input_required', requestState });
    expect(questionsIn(retried.last)).toEqual(questionsIn(last));
  });

  it('may keep its state with the client', async () => {
    await using server = await serve();
    const { last } = await ask(server, call('form'));
    expect(questionsIn(last)).toEqual(['name']);
    const { requestState = '' } = last.result ?? {};
    const inputResponses = { name: answer('Ada') };
    expect(said((await ask(server, call('form', { requestState, inputResponses }))).last)).toBe('Ada first');
    const strange = await ask(server, call('form', { requestState: 'strange', inputResponses }));
    expect(strange.last.error?.code).toBe(-32602);
  });

  it.each(['greet', 'form'])('is refused where the client of %s cannot be asked', async (name) => {
    await using server = await serve();
    const { status, last } = await ask(server, call(name, { _meta: meta() }));
    expect(status).toBe(400);
    expect(last.error).toMatchObject({ code: -32021, data: { requiredCapabilities: { elicitation: {} } } });
  });

  it('takes no answers that are no objects', async () => {
    await using server = await serve();
    const { last } = await ask(server, call('greet'));
    const malformed = call('greet', { requestState: last.result?.requestState, inputResponses: { x: 'text' } });
    expect((await ask(server, malformed)).status).toBe(400);
  });
});

describe('a subscription', () => {
  /** Reads a stream message by message. */
  async function follow(server: TestServer, notifications: Params) {
    const leaving = new AbortController();
    const params = { notifications, _meta: meta() };
    const response = await post(server, { method: 'subscriptions/listen', params, signal: leaving.signal });
    const id = `r${String(ids)}`;
    const heard: Reply[] = [];
    const reading = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        const lines = decoder.decode(chunk).split('\n');
        for (const line of lines) if (line.startsWith('data: ')) heard.push(JSON.parse(line.slice(6)) as Reply);
      }
    })().catch(() => undefined);
    return { id, heard, leave: () => leaving.abort(), reading };
  }

  const tellAll = ({ endpoint }: TestServer): void => {
    for (const session of endpoint.sessions) {
      session.notify('notifications/tools/list_changed');
      session.notify('notifications/prompts/list_changed');
      session.notify('notifications/message', { level: 'error', data: 'x' });
      for (const uri of session.subscriptions) session.notify('notifications/resources/updated', { uri });
    }
  };

  it('tells of what is not of the protocol to whoever asks for it by name', async () => {
    await using server = await serve();
    const [asking, other] = [
      await follow(server, { 'test/rang': true, 'test/none': true }),
      await follow(server, { toolsListChanged: true }),
    ];
    await expect.poll(() => server.log).toHaveLength(2);
    for (const session of server.endpoint.sessions) session.notify('notifications/test/rang', { bell: 1 });
    await expect.poll(() => asking.heard).toHaveLength(2);
    expect(asking.heard).toMatchObject([
      { params: { notifications: { 'test/rang': true } } },
      { method: 'notifications/test/rang', params: { bell: 1 } },
    ]);
    expect(asking.heard[0]).not.toHaveProperty(['params', 'notifications', 'test/none']);
    expect(other.heard).toHaveLength(1);
    for (const { leave } of [asking, other]) leave();
  });

  it('acknowledges what it grants first, tells of that alone, and ends when the client leaves', async () => {
    await using server = await serve();
    const asked = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourceSubscriptions: ['test://clock', 'test://none'],
    };
    const { id, heard, leave } = await follow(server, asked);
    await expect.poll(() => server.log).toEqual(['opened raw']);
    tellAll(server);
    await expect.poll(() => heard).toHaveLength(3);
    expect(heard).toMatchObject([
      {
        method: 'notifications/subscriptions/acknowledged',
        params: { notifications: { toolsListChanged: true, resourceSubscriptions: ['test://clock'] } },
      },
      { method: 'notifications/tools/list_changed' },
      { method: 'notifications/resources/updated', params: { uri: 'test://clock' } },
    ]);
    expect(heard[0]?.params?.['notifications']).not.toHaveProperty('promptsListChanged');
    for (const { params } of heard) expect(params?.['_meta']).toEqual({ [`${key}/subscriptionId`]: id });
    leave();
    await expect.poll(() => server.log).toEqual(['opened raw', 'closed raw']);
    expect(server.endpoint.sessions.size).toBe(0);
  });

  it('is ended with a result when the server stops', async () => {
    const server = await serve();
    const { id, heard, reading } = await follow(server, { toolsListChanged: true });
    await expect.poll(() => server.endpoint.sessions.size).toBe(1);
    await server[Symbol.asyncDispose]();
    await reading;
    expect(heard.at(-1)).toMatchObject({
      id,
      result: { resultType: 'complete', _meta: { [`${key}/subscriptionId`]: id } },
    });
  });
});

const connections = [
  { transport: 'WebSocket', urlOf: (server: TestServer) => server.webSocketUrl },
  { transport: 'Streamable HTTP', urlOf: (server: TestServer) => server.httpUrl },
];

describe.each(connections)('the official client without a session over $transport', ({ urlOf }) => {
  const connect = (server: TestServer) =>
    connectMcp({
      url: urlOf(server),
      key: 'good',
      name: 'official',
      version: '2',
      options: { versionNegotiation: { mode: { pin: version } }, capabilities: { elicitation: {} } },
      prepare: (client) => {
        client.setRequestHandler('elicitation/create', ({ params }) => answer(`<${params.message}>`) as never);
      },
    });

  it('discovers, lists, calls, follows progress and answers questions [mcp.stateless]', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    expect(client.getNegotiatedProtocolVersion()).toBe(version);
    expect((await client.listTools()).tools.map(({ name }) => name)).toContain('greet');
    const steps: number[] = [];
    await client.callTool({ name: 'count' }, { onprogress: ({ progress }) => steps.push(progress) });
    expect(steps).toEqual([1, 2, 3]);
    const greeted = await client.callTool({ name: 'greet' });
    expect(greeted.content).toMatchObject([{ text: '<Who?> of <Where from?>' }]);
    expect((await client.callTool({ name: 'form' })).content).toMatchObject([{ text: '<Who?> first' }]);
    await close();
  });

  it('hears of changes by listening', async () => {
    await using server = await serve();
    const { client, close } = await connect(server);
    let heard = 0;
    client.setNotificationHandler('notifications/tools/list_changed', () => {
      heard += 1;
    });
    const subscription = await client.listen({ toolsListChanged: true });
    await expect.poll(() => server.endpoint.sessions.size).toBe(1);
    for (const session of server.endpoint.sessions) session.notify('notifications/tools/list_changed');
    await expect.poll(() => heard).toBe(1);
    await subscription.close();
    await expect.poll(() => server.endpoint.sessions.size).toBe(0);
    await close();
  });
});
