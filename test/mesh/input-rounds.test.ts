import type { Client } from '@devmesh/api';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askingServer, firstState } from './asking-upstream.fixture.ts';
import { openTestMesh, type TestMesh } from './mesh.ts';
import { startModernUpstream, type RawUpstream } from './raw-upstream.fixture.ts';
import { startUpstream } from './upstream-server.fixture.ts';

type Json = Readonly<Record<string, unknown>>;

interface Reply {
  readonly status?: number;
  readonly result?: Json & {
    readonly resultType: string;
    readonly inputRequests: Readonly<Record<string, Json>>;
    readonly requestState: string;
  };
  readonly error?: { readonly code: number; readonly message: string; readonly data: Json };
}

const version = '2026-07-28';
const answered = (name: string) => ({ inputResponses: { who: { action: 'accept', content: { name } } } });

/** The three requests whose results may be questions, as the mesh names what they are for. */
const requests = [
  ['tools/call', { name: 'asking_twice', arguments: {} }, { content: [{ text: 'Ada and Alan' }] }],
  [
    'prompts/get',
    { name: 'asking_who', arguments: { tone: 'Mildly' } },
    { messages: [{ content: { text: 'Mildly: Ada and Alan' } }] },
  ],
  ['resources/read', { uri: 'devmesh+asking:memo://who' }, { contents: [{ text: 'Ada and Alan' }] }],
] as const;

describe('questions of servers that come as results', () => {
  let world: TestMesh;
  let admin: Client;
  let key: string;
  let upstream: RawUpstream;
  beforeAll(async () => {
    world = await openTestMesh();
    ({ client: admin, key } = await world.register());
    upstream = await startModernUpstream(askingServer);
    await admin.tools.registerMcp({ body: { name: 'asking', url: upstream.url } });
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await upstream.close();
  });

  const send = async (
    method: string,
    params: Json,
    capabilities: Json = { elicitation: {} },
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> => {
    const meta = {
      'io.modelcontextprotocol/protocolVersion': version,
      'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': capabilities,
    };
    const response = await fetch(`${world.mesh.edgeUrl}/mcp`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
        'mcp-protocol-version': version,
        'mcp-method': method,
        'mcp-name': String(params['name'] ?? params['uri']),
        ...headers,
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: meta } }),
    });
    const text = await response.text();
    const events = text.split('\n').flatMap((line) => (line.startsWith('data: {') ? [line.slice(6)] : []));
    return { ...(JSON.parse(events.at(-1) ?? text) as Reply), status: response.status };
  };

  it.each(requests)(
    'reach a client of %s as they are, with the state, and the answers go back [upstream.rounds]',
    async (method, params, result) => {
      const { result: first } = await send(method, params);
      expect(first).toMatchObject({
        resultType: 'input_required',
        inputRequests: { who: { method: 'elicitation/create', params: { message: 'Who are you?' } } },
      });
      expect(first?.requestState.endsWith(firstState)).toBe(true);
      const { result: second } = await send(method, {
        ...params,
        ...answered('Ada'),
        requestState: first?.requestState,
      });
      expect(second).toMatchObject({ inputRequests: { who: { params: { message: 'And who else?' } } } });
      const last = await send(method, { ...params, ...answered('Alan'), requestState: second?.requestState });
      expect(last.result).toMatchObject({ resultType: 'complete', ...result });
    },
  );

  it.each(requests)(
    'are put to a client of %s with a session while its request runs [upstream.rounds]',
    async (method, params, result) => {
      const names = ['Ada', 'Alan'];
      const { client, close } = await connectMcp({
        url: `${world.mesh.edgeUrl}/mcp`,
        key,
        name: 'test',
        version: '1',
        options: { capabilities: { elicitation: {} } },
        prepare: (one) =>
          one.setRequestHandler('elicitation/create', () => ({
            action: 'accept',
            content: { name: names.shift() ?? '' },
          })),
      });
      expect(client.getNegotiatedProtocolVersion()).not.toBe(version);
      expect(await client.request({ method, params } as never)).toMatchObject(result);
      await close();
    },
  );

  it('are refused with an error of the protocol where the state is not the one that was given [upstream.rounds]', async () => {
    for (const [method, params] of requests) {
      const { result } = await send(method, params);
      const requestState = String(result?.requestState).replace('round', 'other');
      const { error } = await send(method, { ...params, ...answered('Eve'), requestState });
      expect(error).toMatchObject({ code: -32_602 });
    }
  });

  it('may be none: the client is told to come again [upstream.rounds]', async () => {
    const call = { name: 'asking_later', arguments: {} };
    const { result } = await send('tools/call', call, {});
    expect(result).toMatchObject({ resultType: 'input_required' });
    expect(result?.inputRequests).toBeUndefined();
    const again = await send('tools/call', { ...call, requestState: result?.requestState }, {});
    expect(again.result).toMatchObject({ content: [{ text: 'now' }] });
  });

  it('are asked of a client by what it declared itself, whoever calls beside it [upstream.rounds]', async () => {
    const declared = [{}, { elicitation: {} }, { sampling: {} }, { elicitation: { form: {}, url: {} }, roots: {} }];
    const heard = await Promise.all(
      declared.map(async (capabilities) => {
        const { result } = await send('tools/call', { name: 'asking_can', arguments: {} }, capabilities);
        return JSON.parse(
          (result?.['content'] as readonly { readonly text: string }[] | undefined)?.[0]?.text ?? '',
        ) as unknown;
      }),
    );
    expect(heard).toEqual(declared);
  });

  it('are refused where the client did not declare that it can be asked, with what it would have to [upstream.rounds]', async () => {
    const { error } = await send('tools/call', { name: 'asking_needs', arguments: {} });
    expect(error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { sampling: {} } } });
    for (const [method, params] of requests) {
      const refused = await send(method, params, { sampling: {} });
      expect(refused.error).toMatchObject({ code: -32_021, data: { requiredCapabilities: { elicitation: {} } } });
    }
  });

  it('are answered to no server that asks otherwise: its tool is not called again [upstream.rounds]', async () => {
    const plain = await startUpstream();
    await admin.tools.registerMcp({ body: { name: 'plain', url: plain.url } });
    for (const input of [{ requestState: 'made up' }, { inputResponses: { who: {} } }]) {
      const body = { arguments: { a: 1, b: 1 }, input };
      await expect(admin.tools.callTool({ params: { name: 'plain_add' }, body })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    }
    await plain.close();
  });

  it('go with headers that repeat arguments, as the server wants them [mcp.mirrored-headers]', async () => {
    const { client, close } = await connectMcp({
      url: `${world.mesh.edgeUrl}/mcp`,
      key,
      name: 'test',
      version: '1',
      options: { versionNegotiation: { mode: { pin: version } } },
    });
    await client.listTools();
    const named = { name: 'asking_where', arguments: { region: 'Zürich', at: { day: 7 } } };
    expect(await client.callTool(named)).toMatchObject({ content: [{ text: 'Zürich 7' }] });
    await close();
    const older = await connectMcp({ url: `${world.mesh.edgeUrl}/mcp`, key, name: 'test', version: '1' });
    expect(await older.client.callTool(named)).toMatchObject({ content: [{ text: 'Zürich 7' }] });
    await older.close();
    expect(upstream.got.map(({ headers }) => headers['mcp-param-day'])).toContain('7');
  });

  it.each([
    ['none', {}],
    ['one of two', { 'mcp-param-region': 'here' }],
    ['another value', { 'mcp-param-region': 'here', 'mcp-param-day': '8' }],
    ['a value that is no Base64', { 'mcp-param-region': '=?base64?aGVyZQ?=', 'mcp-param-day': '7' }],
  ])('are refused where they repeat %s of what they should [mcp.mirrored-headers]', async (_what, headers) => {
    const before = upstream.got.length;
    const call = { name: 'asking_where', arguments: { region: 'here', at: { day: 7 } } };
    expect(await send('tools/call', call, {}, headers)).toMatchObject({ status: 400, error: { code: -32_020 } });
    expect(upstream.got).toHaveLength(before);
    const right = { 'mcp-param-region': '=?base64?aGVyZQ==?=', 'mcp-param-day': '7.0', 'mcp-param-other': 'any' };
    expect(await send('tools/call', call, {}, right)).toMatchObject({ result: { content: [{ text: 'here 7' }] } });
  });

  it('stay with the platform where a caller of its API takes none [upstream.rounds]', async () => {
    const body = { arguments: {} };
    await expect(admin.tools.callTool({ params: { name: 'asking_twice' }, body })).rejects.toMatchObject({
      code: expect.stringMatching(/upstream_failed|capability_missing/u),
    });
    const taken = await admin.tools.callTool({
      params: { name: 'asking_twice' },
      body: { ...body, input: { capabilities: { elicitation: {} } } },
    });
    expect(taken).toMatchObject({ inputRequired: { inputRequests: { who: {} }, requestState: firstState } });
  });
});
