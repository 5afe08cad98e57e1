import { once } from 'node:events';
import { createConnection } from 'node:net';
import { MeshError } from '@devmesh/foundation';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { serve, type TestServer } from '../testing/serve.ts';

interface DialOptions {
  readonly key?: string;
  readonly protocol?: string | undefined;
  readonly origin?: string;
  readonly host?: string;
  readonly autoPong?: boolean;
}

interface Reply {
  readonly id?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly data: { readonly code: string } };
}

function dial(server: TestServer, { key = 'good', protocol = 'mcp', ...rest }: DialOptions = {}) {
  const { origin, host, autoPong } = rest;
  const socket = new WebSocket(server.webSocketUrl, protocol === '' ? [] : protocol, {
    headers: {
      authorization: `Bearer ${key}`,
      ...(origin === undefined ? {} : { origin }),
      ...(host === undefined ? {} : { host }),
    },
    ...(autoPong === undefined ? {} : { autoPong }),
  });
  socket.on('error', () => undefined);
  return socket;
}

async function open(server: TestServer, options?: DialOptions) {
  const socket = dial(server, options);
  await once(socket, 'open');
  const replies: Reply[] = [];
  socket.on('message', (data: Buffer) => replies.push(JSON.parse(data.toString()) as Reply));
  const closed = once(socket, 'close').then(([code]) => code as number);
  return { socket, replies, closed };
}

async function refusal(server: TestServer, options: DialOptions) {
  const socket = dial(server, options);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    AsyncIterable<Buffer> & { statusCode: number; headers: Record<string, string> },
  ];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const problem = JSON.parse(Buffer.concat(chunks).toString()) as { code: string; status: number; detail: string };
  return { status: response.statusCode, headers: response.headers, problem };
}

const upgradeRequest = [
  'GET /ws HTTP/1.1',
  'Host: 127.0.0.1',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Protocol: mcp',
  'Authorization: Bearer good',
  '\r\n',
].join('\r\n');
const failing = () => Promise.reject(new Error('database password hunter2'));
const hanging = () => new Promise<never>(() => undefined);
const message = (method: string, id: number, params: object = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = message('initialize', 0, {
  protocolVersion: '2025-06-18',
  capabilities: {},
  clientInfo: { name: 'raw', version: '1' },
});

describe('an upgrade', () => {
  it('is refused with 401 and a problem document without a valid key', async () => {
    await using server = await serve();
    const { status, headers, problem } = await refusal(server, { key: 'bad' });
    expect(status).toBe(401);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['www-authenticate']).toBe('Bearer');
    expect(problem).toMatchObject({ code: 'unauthenticated', status: 401 });
  });

  it.each([undefined, 'chat'])('is refused with 400 that names `mcp` for the sub-protocol %s', async (protocol) => {
    await using server = await serve();
    const { status, problem } = await refusal(server, { protocol: protocol ?? '' });
    expect(status).toBe(400);
    expect(problem.code).toBe('unsupported_protocol');
    expect(problem.detail).toContain('`mcp`');
  });

  it('is refused for pages and host names that are not allowed', async () => {
    await using server = await serve({ webSocket: { allowedHosts: ['127.0.0.1'] } });
    expect((await refusal(server, { origin: 'https://evil.example' })).problem.code).toBe('forbidden');
    expect((await refusal(server, { host: 'evil.example' })).status).toBe(403);
    const { socket } = await open(server, { origin: 'https://allowed.example' });
    expect(socket.protocol).toBe('mcp');
    expect(socket.extensions).toBe('');
  });

  it('is refused with 503 when the server holds its maximum, and let in after one has left', async () => {
    await using server = await serve({ webSocket: { maximumConnections: 1 } });
    const { socket, closed } = await open(server);
    const { status, headers } = await refusal(server, {});
    expect(status).toBe(503);
    expect(headers['retry-after']).toBe('5');
    socket.close();
    await closed;
    await expect.poll(() => server.webSocket.connections).toBe(0);
    await open(server);
  });

  it('does not leak when the failure is unexpected', async () => {
    await using server = await serve({ webSocket: { authenticate: failing } });
    const { status, problem } = await refusal(server, {});
    expect(status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });

  it('that the client abandons while being authenticated holds nothing', async () => {
    const decisions: ((caller: { key: string }) => void)[] = [];
    const authenticate = () =>
      new Promise<{ key: string }>((resolve) => {
        decisions.push(resolve);
      });
    await using server = await serve({ webSocket: { authenticate } });
    const socket = dial(server);
    await expect.poll(() => decisions).toHaveLength(1);
    expect(server.webSocket.connections).toBe(1);
    socket.terminate();
    for (const decide of decisions) decide({ key: 'good' });
    await expect.poll(() => server.webSocket.connections).toBe(0);
    expect(server.endpoint.sessions.size).toBe(0);
  });

  it('whose peer resets the connection before it is refused does no harm', async () => {
    const decisions: (() => void)[] = [];
    const authenticate = () =>
      new Promise<never>((_resolve, reject) => {
        decisions.push(() => {
          reject(new MeshError('unauthenticated', 'No.'));
        });
      });
    await using server = await serve({ webSocket: { authenticate } });
    const { port } = new URL(server.webSocketUrl);
    for (let count = 1; count <= 5; count += 1) {
      const raw = createConnection(Number(port), '127.0.0.1');
      await once(raw, 'connect');
      raw.write(upgradeRequest);
      await expect.poll(() => decisions).toHaveLength(count);
      raw.resetAndDestroy();
    }
    for (const decide of decisions) decide();
    await expect.poll(() => server.webSocket.connections).toBe(0);
  });

  it('is refused when its key cannot be checked in time', async () => {
    await using server = await serve({ webSocket: { authenticate: hanging, authenticationSeconds: 0.02 } });
    expect(await refusal(server, {})).toMatchObject({ status: 503, problem: { code: 'unavailable' } });
    await expect.poll(() => server.webSocket.connections).toBe(0);
  });
});

describe('a connection', () => {
  it('outlives a malformed message, which is answered with a parse error [mcp.malformed]', async () => {
    await using server = await serve();
    const { socket, replies } = await open(server);
    socket.send('{"jsonrpc":');
    socket.send(message('ping', 1));
    await expect.poll(() => replies).toHaveLength(2);
    expect(replies[0]).toMatchObject({ id: null, error: { code: -32700, data: { code: 'malformed_message' } } });
    expect(replies[1]).toMatchObject({ id: 1, result: {} });
  });

  it('ends with 1008 after twenty malformed messages', async () => {
    await using server = await serve();
    const { socket, replies, closed } = await open(server);
    for (let sent = 0; sent < 30; sent += 1) socket.send('[]');
    expect(await closed).toBe(1008);
    expect(replies).toHaveLength(20);
  });

  it('ends with 1003 on a binary frame and 1009 on one over the limit', async () => {
    await using server = await serve({ webSocket: { maximumMessageBytes: 1_000 } });
    const binary = await open(server);
    binary.socket.send(Buffer.from(message('ping', 1)));
    expect(await binary.closed).toBe(1003);
    const large = await open(server);
    large.socket.send(message('ping', 1, { padding: 'x'.repeat(1_000) }));
    expect(await large.closed).toBe(1009);
    const { socket, replies } = await open(server);
    socket.send(message('ping', 1));
    await expect.poll(() => replies).toHaveLength(1);
  });

  it('answers requests that arrive together with initialize', async () => {
    await using server = await serve();
    const { socket, replies } = await open(server);
    socket.send(initialize);
    socket.send(message('tools/call', 1, { name: 'add', arguments: { a: 1, b: 1 } }));
    await expect.poll(() => replies).toHaveLength(2);
    expect(replies[1]).toMatchObject({ id: 1, result: { content: [{ text: '2' }] } });
  });

  it('whose peer does not answer pings is dropped, and one that answers is kept', async () => {
    await using server = await serve({ webSocket: { heartbeatSeconds: 0.05 } });
    const dead = await open(server, { autoPong: false });
    const live = await open(server);
    expect(await dead.closed).toBe(1006);
    live.socket.send(message('ping', 1));
    await expect.poll(() => live.replies).toHaveLength(1);
  });

  it('whose client does not read is dropped instead of filling the memory', async () => {
    await using server = await serve({ webSocket: { maximumBufferedBytes: 100_000 } });
    const { socket } = await open(server);
    socket.send(initialize);
    socket.send(message('tools/list', 1));
    await expect.poll(() => server.endpoint.sessions.size).toBe(1);
    socket.pause();
    const [session] = server.endpoint.sessions;
    const params = { padding: 'x'.repeat(1_000_000) };
    let sent = 0;
    await expect
      .poll(
        () => {
          session?.notify('notifications/test', params);
          sent += 1;
          return server.endpoint.sessions.size === 0 || sent > 200;
        },
        { interval: 1, timeout: 20_000 },
      )
      .toBe(true);
    const { code } = await new Promise<{ code: number }>((resolve) => {
      socket.once('close', (closeCode) => {
        resolve({ code: closeCode });
      });
      socket.resume();
    });
    expect(code).toBe(1013);
  });

  it('ends when the server closes its session', async () => {
    await using server = await serve();
    const { socket, closed } = await open(server);
    socket.send(initialize);
    socket.send(message('tools/list', 1));
    await expect.poll(() => server.endpoint.sessions.size).toBe(1);
    for (const session of server.endpoint.sessions) session.close('ü'.repeat(200));
    expect(await closed).toBe(1000);
    expect(server.endpoint.sessions.size).toBe(0);
  });

  it('survives peers that break the protocol or vanish', async () => {
    await using server = await serve();
    const { port } = new URL(server.webSocketUrl);
    const { socket, closed } = await open(server);
    socket.send('x', { compress: false, mask: false });
    await closed;
    for (let count = 0; count < 20; count += 1) {
      const raw = createConnection(Number(port), '127.0.0.1');
      await once(raw, 'connect');
      raw.write(upgradeRequest);
      raw.resetAndDestroy();
    }
    await expect.poll(() => server.webSocket.connections).toBe(0);
  });
});

describe('drain', () => {
  it('lets pending requests finish, refuses new connections, and asks clients to reconnect with 1012', async () => {
    await using server = await serve();
    const { socket, replies, closed } = await open(server);
    socket.send(initialize);
    socket.send(message('tools/call', 1, { name: 'wait' }));
    await server.waiting(1);
    const drained = server.webSocket.drain();
    expect((await refusal(server, {})).status).toBe(503);
    server.release();
    await drained;
    expect(await closed).toBe(1012);
    expect(replies.at(-1)).toMatchObject({ id: 1, result: { content: [{ text: 'released' }] } });
  });

  it('does not wait longer than the grace period', async () => {
    await using server = await serve();
    const { socket, closed } = await open(server);
    socket.send(initialize);
    socket.send(message('tools/call', 1, { name: 'wait' }));
    await server.waiting(1);
    await server.webSocket.drain(20);
    expect([1006, 1012]).toContain(await closed);
    expect(server.aborted).toEqual([1]);
  });
});
