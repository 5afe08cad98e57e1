import { once } from 'node:events';
import { silentTelemetry } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { readResumeGrant, resumeHeader, type ResumeGrant } from '../resumption/resume-header.ts';
import { serve, type TestServer } from '../testing/serve.ts';

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly at?: number };
}

type Upgraded = [[{ headers: Record<string, string> }], unknown];

interface DialOptions {
  readonly resume?: string;
  readonly key?: string;
  readonly path?: string;
}

async function open(server: TestServer, { resume = 'new', key = 'good', path = '' }: DialOptions = {}) {
  const socket = new WebSocket(`${server.webSocketUrl}${path}`, 'mcp', {
    headers: { authorization: `Bearer ${key}`, [resumeHeader]: resume },
  });
  socket.on('error', () => undefined);
  const replies: Reply[] = [];
  socket.on('message', (data: Buffer) => replies.push(JSON.parse(data.toString()) as Reply));
  const closed = once(socket, 'close').then(([code]) => code as number);
  const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as Upgraded;
  return { socket, replies, closed, grant: readResumeGrant(response.headers[resumeHeader] ?? '') };
}

async function refusal(server: TestServer, { resume = 'new', key = 'good', path = '' }: DialOptions) {
  const socket = new WebSocket(`${server.webSocketUrl}${path}`, 'mcp', {
    headers: { authorization: `Bearer ${key}`, [resumeHeader]: resume },
  });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    AsyncIterable<Buffer> & { statusCode: number },
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const { code } = JSON.parse(Buffer.concat(chunks).toString()) as { code: string };
  return { status: response.statusCode, code };
}

const message = (method: string, id: number, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = message('initialize', 0, {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});
const call = (id: number, name: string) => message('tools/call', id, { name });
const again = (grant: ResumeGrant | undefined, heard: number) => `${grant?.token ?? ''} ${String(heard)}`;

async function begin(server: TestServer, options?: DialOptions) {
  const opened = await open(server, options);
  opened.socket.send(initialize);
  opened.socket.send(call(1, 'whoami'));
  await expect.poll(() => opened.replies).toHaveLength(2);
  return opened;
}

function tellAll(server: TestServer, at: number): void {
  for (const session of server.endpoint.sessions) session.notify('notifications/test', { at });
}

async function cut(server: TestServer, socket: WebSocket): Promise<void> {
  const before = server.webSocket.connections;
  socket.terminate();
  await expect.poll(() => server.webSocket.connections).toBe(before - 1);
}

describe('a session whose socket was cut', () => {
  it('goes on over another with every missed answer and notification in order, and without a repetition [mcp.sessions-resume]', async () => {
    await using server = await serve();
    const first = await begin(server);
    first.socket.send(call(2, 'wait'));
    await server.waiting(1);
    tellAll(server, 1);
    await expect.poll(() => first.replies).toHaveLength(3);
    await cut(server, first.socket);
    tellAll(server, 2);
    server.release();
    await expect.poll(() => server.aborted).toEqual([]);
    tellAll(server, 3);
    const second = await open(server, { resume: again(first.grant, 3) });
    expect(second.grant).toMatchObject({ token: first.grant?.token, heard: 3 });
    await expect.poll(() => second.replies).toHaveLength(3);
    expect(second.replies.map(({ id, params }) => id ?? params?.at)).toEqual(expect.arrayContaining([2, 2, 3]));
    expect(second.replies.filter(({ method }) => method !== undefined).map(({ params }) => params?.at)).toEqual([2, 3]);
    second.socket.send(call(3, 'whoami'));
    await expect.poll(() => second.replies.at(-1)?.id).toBe(3);
    expect(server.log).toEqual(['opened raw']);
  });

  it('is taken over from a socket that only seems to be alive', async () => {
    await using server = await serve();
    const first = await begin(server);
    const second = await open(server, { resume: again(first.grant, 2) });
    expect(await first.closed).toBe(1000);
    tellAll(server, 1);
    await expect.poll(() => second.replies).toHaveLength(1);
    expect(first.replies).toHaveLength(2);
    expect(server.log).toEqual(['opened raw']);
  });

  it("is nobody else's: another key, another path, a guessed token and an impossible count are told the same [mcp.sessions-resume]", async () => {
    await using server = await serve();
    const { socket, grant } = await begin(server);
    await cut(server, socket);
    const gone = { status: 410, code: 'session_gone' };
    expect(await refusal(server, { resume: again(grant, 2), key: 'good other' })).toEqual(gone);
    expect(await refusal(server, { resume: again(grant, 2), path: '/sets/other' })).toEqual(gone);
    expect(await refusal(server, { resume: `${'A'.repeat(43)} 2` })).toEqual(gone);
    expect(await refusal(server, { resume: again(grant, 3) })).toEqual(gone);
    expect((await refusal(server, { resume: 'my session' })).code).toBe('invalid_request');
    expect((await open(server, { resume: again(grant, 2) })).grant?.token).toBe(grant?.token);
  });

  it('ends after the time that it is kept, and at once where the client said goodbye or broke the protocol', async () => {
    await using server = await serve({ webSocket: { resumption: { keptSeconds: 0.05 } } });
    const { socket, grant } = await begin(server);
    await cut(server, socket);
    await expect.poll(() => server.log).toEqual(['opened raw', 'closed raw']);
    expect((await refusal(server, { resume: again(grant, 2) })).code).toBe('session_gone');
    await using patient = await serve();
    for (const leave of [
      (leaving: WebSocket) => leaving.close(1000),
      (leaving: WebSocket) => leaving.send('x', { mask: false }),
      (leaving: WebSocket) => leaving.send(Buffer.from('x')),
    ]) {
      const one = await begin(patient);
      leave(one.socket);
      await one.closed;
      await expect.poll(() => patient.endpoint.sessions.size).toBe(0);
      expect((await refusal(patient, { resume: again(one.grant, 2) })).code).toBe('session_gone');
    }
  });

  it('gives way where too many are kept, and ends where too much is missed', async () => {
    await using server = await serve({ webSocket: { resumption: { sessionsPerOwner: 1, sessions: 2, messages: 3 } } });
    const first = await begin(server, { key: 'good one' });
    const other = await begin(server, { key: 'good two' });
    const second = await begin(server, { key: 'good one' });
    for (const { socket } of [first, other, second]) await cut(server, socket);
    await expect.poll(() => server.endpoint.sessions.size).toBe(2);
    expect((await refusal(server, { resume: again(first.grant, 2), key: 'good one' })).code).toBe('session_gone');
    tellAll(server, 1);
    tellAll(server, 2);
    await expect.poll(() => server.endpoint.sessions.size).toBe(0);
    expect((await refusal(server, { resume: again(other.grant, 2), key: 'good two' })).code).toBe('session_gone');
  });

  it('costs nothing for a client that did not ask for it', async () => {
    await using server = await serve();
    const socket = new WebSocket(server.webSocketUrl, 'mcp', { headers: { authorization: 'Bearer good' } });
    const [[response]] = (await Promise.all([once(socket, 'upgrade'), once(socket, 'open')])) as Upgraded;
    expect(response.headers[resumeHeader]).toBeUndefined();
    socket.send(initialize);
    socket.send(call(1, 'whoami'));
    await expect.poll(() => server.endpoint.sessions.size).toBe(1);
    socket.terminate();
    await expect.poll(() => server.log).toEqual(['opened raw', 'closed raw']);
  });

  it('forgets what the client has acknowledged by a Pong', async () => {
    await using server = await serve({ webSocket: { resumption: { messages: 3 } } });
    const { socket, replies, grant } = await begin(server);
    socket.pong('ack 2');
    socket.ping();
    await once(socket, 'pong');
    tellAll(server, 1);
    tellAll(server, 2);
    await expect.poll(() => replies).toHaveLength(4);
    await cut(server, socket);
    const second = await open(server, { resume: again(grant, 3) });
    await expect.poll(() => second.replies.map(({ params }) => params?.at)).toEqual([2]);
  });
});

describe('the latency of a connection', () => {
  it('is measured by its Pings, and shown on its session and as a metric [mcp.latency]', async () => {
    const seconds: number[] = [];
    const telemetry = {
      ...silentTelemetry,
      metrics: {
        ...silentTelemetry.metrics,
        time: (name: string, value: number) => {
          if (name === 'mcp_server_latency_seconds') seconds.push(value);
        },
      },
    };
    await using server = await serve({ webSocket: { heartbeatSeconds: 0.1, telemetry } });
    await begin(server);
    const [session] = server.endpoint.sessions;
    await expect.poll(() => session?.latencyMilliseconds).toBeGreaterThan(0);
    expect(seconds[0]).toBeGreaterThan(0);
  });
});
