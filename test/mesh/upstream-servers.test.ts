import { createClient, type Client } from '@devmesh/api';
import { connectMcp } from '@devmesh/mcp/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestMesh, type TestMesh } from './mesh.ts';
import {
  startJsonUpstream,
  startModernUpstream,
  startSseUpstream,
  startWebSocketUpstream,
  type RawUpstream,
} from './raw-upstream.fixture.ts';
import { speaker } from '../../packages/features/tools/upstream-mcp/stdio/programs.fixture.ts';
import { startUpstream } from './upstream-server.fixture.ts';

const patience = { timeout: 20_000 };

describe('MCP servers of others', () => {
  let world: TestMesh;
  let client: Client;
  let key: string;
  const open: { close(): Promise<void> }[] = [];
  let registered = 0;
  beforeAll(async () => {
    process.env['MCP_STDIO_COMMANDS'] = process.execPath;
    world = await openTestMesh();
    delete process.env['MCP_STDIO_COMMANDS'];
    ({ client, key } = await world.register());
  }, 60_000);
  afterAll(async () => {
    await world.close();
    await Promise.all(open.map((one) => one.close()));
  });

  const started = async <Server extends { close(): Promise<void> }>(starting: Promise<Server>): Promise<Server> => {
    const server = await starting;
    open.push(server);
    return server;
  };
  const register = async (body: Partial<Parameters<Client['tools']['registerMcp']>[0]['body']>) => {
    registered += 1;
    const name = `server${String(registered)}`;
    return client.tools.registerMcp({ body: { name, ...body } });
  };
  const call = (name: string, values: Record<string, unknown> = {}) =>
    client.tools.callTool({ params: { name }, body: { arguments: values } });
  const namesOf = async (service: string) =>
    (await client.tools.catalogue({ query: { limit: 200 } })).items
      .map(({ name }) => name)
      .filter((name) => name.startsWith(`${service}_`));
  const elicit = async (name: string) => {
    const { client: asking, close } = await connectMcp({
      url: `${world.mesh.edgeUrl.replace('http', 'ws')}/ws`,
      key,
      name: 'test',
      version: '1',
      options: { capabilities: { elicitation: {} } },
      prepare: (one) =>
        one.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { name: 'Ada' } })),
    });
    const { content } = await asking.callTool({ name, arguments: {} });
    await close();
    return JSON.stringify(content);
  };

  it('are reached over HTTP with SSE where they refuse Streamable HTTP [upstream.transports, upstream.eras]', async () => {
    const server = await started(startSseUpstream());
    const tool = await register({ url: server.url });
    expect(tool).toMatchObject({ upstream: { state: 'connected', transport: 'sse', protocolVersion: '2025-06-18' } });
    expect(await namesOf(tool.name)).toEqual([`${tool.name}_ask`, `${tool.name}_echo`]);
    expect(await call(`${tool.name}_echo`, { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
    expect(await elicit(`${tool.name}_ask`)).toContain('Ada');
  });

  it('are reached over WebSocket, and again when the connection broke [upstream.transports]', async () => {
    const server = await started(startWebSocketUpstream());
    const tool = await register({ url: server.url, credential: { kind: 'bearer', token: 'hunter2-token' } });
    expect(tool).toMatchObject({ upstream: { state: 'connected', transport: 'websocket' } });
    expect(await call(`${tool.name}_echo`, { a: 1 })).toMatchObject({ content: [{ text: '{"a":1}' }] });
    expect(await elicit(`${tool.name}_ask`)).toContain('Ada');
    expect(server.got.every(({ headers }) => headers.authorization === 'Bearer hunter2-token')).toBe(true);
    server.cut();
    const again = () => call(`${tool.name}_echo`, { a: 2 }).catch(() => undefined);
    await expect.poll(again, patience).toMatchObject({ content: [{ text: '{"a":2}' }] });
  });

  it('are spoken with in 2026-07-28, without a session [upstream.eras]', async () => {
    const server = await started(startModernUpstream());
    const tool = await register({ url: server.url });
    expect(tool).toMatchObject({ upstream: { state: 'connected', transport: 'http', protocolVersion: '2026-07-28' } });
    expect(await call(`${tool.name}_add`, { a: 2, b: 3 })).toMatchObject({ content: [{ text: '5' }] });
    expect(await elicit(`${tool.name}_ask`)).toContain('Hello Ada');
    const methods = server.got.map(({ method }) => method);
    expect(methods).toContain('server/discover');
    expect(methods).not.toContain('initialize');
    expect(server.got.every(({ headers }) => headers['mcp-session-id'] === undefined)).toBe(true);
    await expect.poll(() => server.got.map(({ method }) => method), patience).toContain('subscriptions/listen');
    const refreshed = async () => {
      server.addTool();
      return namesOf(tool.name);
    };
    await expect.poll(refreshed, { ...patience, interval: 500 }).toContain(`${tool.name}_extra`);
  });

  it('are programs that the operator allows, and no others [upstream.programs, upstream.transports]', async () => {
    const tool = await register({ command: process.execPath, args: ['-e', speaker], env: { TOKEN: 'hunter2-secret' } });
    expect(tool).toMatchObject({ upstream: { state: 'connected', transport: 'stdio' } });
    const environment = await call(`${tool.name}_environment`);
    expect(JSON.stringify(environment)).toContain('hunter2-secret');
    expect(JSON.stringify(await client.tools.getTool({ params: { toolId: tool.id } }))).not.toContain('hunter2');
    const failed = await call(`${tool.name}_crash`).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: 'upstream_unreachable', message: expect.stringContaining('on fire') });
    await expect(register({ command: '/bin/sh', args: ['-c', 'id'] })).rejects.toMatchObject({ code: 'forbidden' });
    const loading = { command: process.execPath, env: { NODE_OPTIONS: '--inspect' } };
    await expect(register(loading)).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('stay listed when they are dead; calls say why at once, and all is well when they are back [tools.upstream-mcp]', async () => {
    const server = await startUpstream();
    const tool = await register({ url: server.url });
    const before = await namesOf(tool.name);
    expect(before).toContain(`${tool.name}_add`);
    await server.close();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await expect(call(`${tool.name}_add`, { a: 1, b: 1 })).rejects.toMatchObject({ code: 'upstream_unreachable' });
    }
    expect(await namesOf(tool.name)).toEqual(before);
    const shown = await client.tools.getTool({ params: { toolId: tool.id } });
    expect(shown.upstream).toMatchObject({ state: 'failed', reason: expect.stringContaining('upstream_unreachable') });
    expect((await client.upstreams.listResources({ query: {} })).items.map(({ uri }) => uri)).toContain(
      `devmesh+${tool.name}:note://today`,
    );
    const revived = await started(startUpstream({ port: Number(new URL(server.url).port) }));
    expect(revived.url).toBe(server.url);
    const again = () => call(`${tool.name}_add`, { a: 1, b: 1 }).catch(() => undefined);
    await expect.poll(again, patience).toMatchObject({ structured: { sum: 2 } });
    const state = async () => (await client.tools.getTool({ params: { toolId: tool.id } })).upstream?.state;
    await expect.poll(state, patience).toBe('connected');
  }, 60_000);

  it('are spoken with anew when they have forgotten the session [tools.upstream-mcp]', async () => {
    const server = await started(startUpstream());
    const tool = await register({ url: server.url });
    await call(`${tool.name}_add`, { a: 1, b: 1 });
    server.restart();
    expect(await call(`${tool.name}_add`, { a: 2, b: 2 })).toMatchObject({ structured: { sum: 4 } });
  });

  it('are kept when they cannot be reached yet, and refused where they never could be', async () => {
    const tool = await register({ url: 'http://127.0.0.1:9/mcp' });
    expect(tool).toMatchObject({ operationCount: 0, upstream: { state: 'failed', reason: expect.any(String) } });
    for (const url of ['http://10.0.0.1/mcp', 'http://169.254.169.254/mcp', 'ws://192.168.0.1/mcp']) {
      await expect(register({ url })).rejects.toMatchObject({ code: 'address_refused' });
    }
    await expect(register({ url: 'http://u:p@127.0.0.1/mcp' })).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(register({ name: tool.name, url: 'http://127.0.0.1:9/mcp' })).rejects.toMatchObject({
      code: 'conflict',
    });
    const services = (await client.tools.listTools({ query: { limit: 200 } })).items.map(({ name }) => name);
    expect(services).not.toContain(`server${String(registered)}`);
  });

  it('get their credential, alone, and nobody sees it in what they echo [upstream.credential]', async () => {
    const server = await started(startUpstream({ token: 'hunter2-token' }));
    const other = await started(startJsonUpstream({}));
    const tool = await register({ url: server.url, credential: { kind: 'bearer', token: 'hunter2-token' } });
    expect(tool).toMatchObject({ hasCredential: true, upstream: { state: 'connected' } });
    const echoed = await call(`${tool.name}_headers`);
    expect(JSON.stringify(echoed)).toContain('[redacted]');
    expect(JSON.stringify([echoed, tool])).not.toContain('hunter2');
    expect(server.got.every(({ headers }) => headers['authorization'] === 'Bearer hunter2-token')).toBe(true);
    const leading = await started(
      startJsonUpstream({}, (_request, response) => {
        response.writeHead(307, { location: other.url }).end();
        return true;
      }),
    );
    const led = await register({ url: leading.url, credential: { kind: 'bearer', token: 'hunter2-token' } });
    expect(led.upstream?.state).toBe('failed');
    const sse = await started(
      startJsonUpstream({}, (request, response) => {
        if (request.method !== 'GET') return false;
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .write(`event: endpoint\ndata: ${other.url}\n\n`);
        return true;
      }),
    );
    const sent = await register({
      url: sse.url,
      transport: 'sse',
      credential: { kind: 'bearer', token: 'hunter2-token' },
    });
    expect(sent.upstream?.state).toBe('failed');
    expect(other.got).toEqual([]);
    const wrong = await register({ url: server.url, credential: { kind: 'bearer', token: 'hunter3-token' } });
    expect(wrong.upstream).toMatchObject({ state: 'failed' });
    expect(JSON.stringify(wrong)).not.toContain('hunter3');
  });

  it.each([
    ['cursors in a circle', { 'tools/list': () => ({ tools: [], nextCursor: 'again' }) }, /circle/u],
    [
      'pages without end',
      {
        'tools/list': ({ cursor }: { readonly cursor?: string }) => ({ tools: [], nextCursor: `${cursor ?? ''}x` }),
      },
      /pages/u,
    ],
    [
      'more tools than anybody has',
      {
        'tools/list': () => ({
          tools: Array.from({ length: 2_000 }, (_none, n) => ({
            name: `t${String(n)}`,
            inputSchema: { type: 'object' },
          })),
        }),
      },
      /entries/u,
    ],
    [
      'a message without end',
      {
        'tools/list': () => ({
          tools: [{ name: 'a', description: 'x'.repeat(17 * 1024 * 1024), inputSchema: { type: 'object' } }],
        }),
      },
      /bytes/u,
    ],
  ])('are not read further than their bounds: %s [upstream.bounded]', async (_what, answers, reason) => {
    const server = await started(startJsonUpstream(answers));
    const tool = await register({ url: server.url });
    expect(tool.upstream).toMatchObject({ state: 'failed', reason: expect.stringMatching(reason) });
    expect(await namesOf(tool.name)).toEqual([]);
  });

  it('spoil nothing by tools that are wrong, and hide nothing in what they say [upstream.bounded]', async () => {
    const deep = Array.from({ length: 100 }).reduce<object>(
      (inner) => ({ type: 'object', properties: { a: inner } }),
      {},
    );
    const wantsHeader = { type: 'object', properties: { a: { type: 'number', 'x-mcp-header': 'A' } } };
    const server = await started(
      startJsonUpstream({
        'tools/list': () => ({
          tools: [
            { name: 'fine', description: 'Read\u202Eme\u200B\u{E0041} now', inputSchema: { type: 'object' } },
            { name: 'fine', inputSchema: { type: 'object' } },
            { name: 'no schema' },
            { name: 'list', inputSchema: { type: 'array' } },
            { name: 'broken', inputSchema: { type: 'object', properties: { a: { $ref: 'http://127.0.0.1/x' } } } },
            { name: 'deep', inputSchema: deep },
            { name: 'header', inputSchema: wantsHeader },
            { name: 'hid\u200Bden', inputSchema: { type: 'object' } },
            { name: '', inputSchema: { type: 'object' } },
            'not a tool',
            { name: 'a.b/c d', inputSchema: { type: 'object' }, outputSchema: { type: 'string' } },
          ],
        }),
        'tools/call': () => ({
          content: [
            { type: 'text', text: 'x'.repeat(400_000) },
            { type: 'text', text: 'more' },
          ],
        }),
      }),
    );
    const tool = await register({ url: server.url });
    expect(await namesOf(tool.name)).toEqual([`${tool.name}_a_b_c_d`, `${tool.name}_fine`]);
    const fine = (await client.tools.catalogue({ query: { limit: 200 } })).items.find(
      ({ name }) => name === `${tool.name}_fine`,
    );
    expect(fine?.description).toBe('Readme now');
    expect(tool.upstream?.refused.map(({ name }) => name).toSorted()).toEqual(
      ['', 'broken', 'deep', 'fine', 'header', 'hidden', 'list', 'no schema'].toSorted(),
    );
    const long = await call(`${tool.name}_fine`);
    expect(long.truncated).toBe(true);
    expect(JSON.stringify(long).length).toBeLessThan(300_000);
  });

  it('ask only the key that called, once, and no question that nobody asked is answered [upstream.answers]', async () => {
    const server = await started(startUpstream());
    const tool = await register({ url: server.url });
    const response = await fetch(`${world.mesh.apiUrl}/api/v1/catalogue/${tool.name}_ask/call`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, accept: 'text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({ arguments: {}, exchange: { capabilities: { elicitation: {} } } }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const { value = '' } = await reader.read();
    const question = JSON.parse(/^event: request\ndata: (.*)$/mu.exec(value)?.[1] ?? '{}') as {
      callId: string;
      id: string;
    };
    expect(question).toMatchObject({ method: 'elicitation/create', params: { message: 'Who are you?' } });
    const answer = {
      params: { callId: question.callId },
      body: { requestId: question.id, result: { action: 'accept', content: { name: 'Eve' } } },
    };
    const stranger = createClient({ baseUrl: world.mesh.apiUrl, key: (await world.register()).key });
    const { token } = await client.identity.createKey({ body: { name: 'other', type: 'user' } });
    const colleague = createClient({ baseUrl: world.mesh.apiUrl, key: token });
    for (const other of [stranger, colleague]) {
      await expect(other.upstreams.answer(answer)).rejects.toMatchObject({ code: 'not_found' });
    }
    await client.upstreams.answer({
      ...answer,
      body: { ...answer.body, result: { action: 'accept', content: { name: 'Ada' } } },
    });
    await expect(client.upstreams.answer(answer)).rejects.toMatchObject({
      code: expect.stringMatching(/not_found|invalid_state/u),
    });
    let rest = '';
    for (let read = await reader.read(); !read.done; read = await reader.read()) rest += read.value;
    expect(rest).toContain('accept Ada');
    expect(rest).not.toContain('Eve');
  });

  it('are shown to their own organization alone [tenancy.no-foreign-rows]', async () => {
    const server: RawUpstream = await started(startSseUpstream());
    const tool = await register({ url: server.url });
    const { client: other } = await world.register();
    await expect(other.tools.getTool({ params: { toolId: tool.id } })).rejects.toMatchObject({ code: 'not_found' });
    expect((await other.upstreams.listResources({ query: {} })).items).toEqual([]);
    const uri = `devmesh+${tool.name}:note://today`;
    await expect(other.upstreams.readResource({ body: { uri } })).rejects.toMatchObject({ code: 'not_found' });
  });
});
