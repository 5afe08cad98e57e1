import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { serve, type TestServer } from '../testing/serve.ts';
import { createMessageRate } from './message-rate.ts';
import { createReading } from './reading.ts';

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
}

async function open(server: TestServer, { key = 'good', autoPong = true } = {}) {
  const headers = { authorization: `Bearer ${key}` };
  const socket = new WebSocket(server.webSocketUrl, 'mcp', { headers, autoPong });
  socket.on('error', () => undefined);
  const replies: Reply[] = [];
  socket.on('message', (data: Buffer) => replies.push(JSON.parse(data.toString()) as Reply));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'open');
  return { socket, replies, closed };
}

const refused = async (server: TestServer, key: string): Promise<number | undefined> => {
  const socket = new WebSocket(server.webSocketUrl, 'mcp', { headers: { authorization: `Bearer ${key}` } });
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, { statusCode?: number }];
  return response.statusCode;
};

const ping = (id: number) => JSON.stringify({ jsonrpc: '2.0', id, method: 'ping' });

/** An upgraded connection whose bytes a test writes itself. */
async function raw(server: TestServer): Promise<Socket> {
  const { port } = new URL(server.webSocketUrl);
  const socket = createConnection(Number(port), '127.0.0.1');
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    [
      'GET /ws HTTP/1.1',
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: mcp',
      'Authorization: Bearer good',
      '\r\n',
    ].join('\r\n'),
  );
  await once(socket, 'data');
  return socket;
}

/** A masked frame with a short payload, its mask zero. */
const frame = (opcode: number, final: boolean, payload: string): Buffer =>
  Buffer.concat([
    Buffer.from([(final ? 0x80 : 0) | opcode, 0x80 | payload.length, 0, 0, 0, 0]),
    Buffer.from(payload, 'latin1'),
  ]);

describe('a peer that floods', () => {
  it('has one key hold no more connections than that key may, and others their own [mcp.floods]', async () => {
    await using server = await serve({ webSocket: { maximumConnectionsPerOwner: 2 } });
    const first = await open(server, { key: 'good one' });
    await open(server, { key: 'good one' });
    expect(await refused(server, 'good one')).toBe(429);
    await open(server, { key: 'good two' });
    first.socket.close();
    await first.closed;
    await expect.poll(() => server.webSocket.connections).toBe(2);
    await expect.poll(async () => (await open(server, { key: 'good one' })).socket.readyState).toBe(WebSocket.OPEN);
  });

  it('is read later and loses nothing when it sends faster than its rate [mcp.floods]', async () => {
    await using server = await serve({ webSocket: { maximumFramesPerSecond: 200 } });
    const { socket, replies } = await open(server);
    for (let id = 1; id <= 60; id += 1) socket.send(ping(id));
    const answered = (): readonly unknown[] => replies.map(({ id }) => id).toSorted((a, b) => Number(a) - Number(b));
    await expect.poll(answered).toEqual(Array.from({ length: 60 }, (_, at) => at + 1));
  });

  it('is dropped when it sends Pings without reading the answers, and takes no memory [mcp.floods]', async () => {
    await using server = await serve();
    const socket = await raw(server);
    socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(0x9, true, 'x'.repeat(100))));
    const write = (): void => {
      while (!socket.destroyed && socket.write(pings));
    };
    socket.on('drain', write);
    write();
    await expect.poll(() => server.webSocket.connections, { timeout: 10_000 }).toBe(0);
    socket.destroy();
  });

  it('is dropped when it sends a message in thousands of fragments [mcp.floods]', async () => {
    await using server = await serve();
    const socket = await raw(server);
    socket.resume();
    socket.write(frame(0x1, false, '{'));
    for (let sent = 0; sent < 2_000; sent += 1) socket.write(frame(0x0, false, ' '));
    await expect.poll(() => server.webSocket.connections).toBe(0);
  });

  it('may send a message in some fragments, with a Ping between them', async () => {
    await using server = await serve();
    const socket = await raw(server);
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const text = ping(7);
    socket.write(frame(0x1, false, text.slice(0, 10)));
    socket.write(frame(0x9, true, 'between'));
    for (const character of text.slice(10)) socket.write(frame(0x0, false, character));
    socket.write(frame(0x0, true, ''));
    await expect.poll(() => Buffer.concat(chunks).toString('latin1')).toContain('"id":7');
    expect(Buffer.concat(chunks).toString('latin1')).toContain('between');
    socket.destroy();
  });

  it('does not keep others waiting while it sends thousands of malformed messages', async () => {
    await using server = await serve();
    const other = await open(server, { key: 'good other' });
    const flooding = await open(server);
    for (let sent = 0; sent < 5_000; sent += 1) flooding.socket.send('[');
    other.socket.send(ping(1));
    await expect.poll(() => other.replies).toHaveLength(1);
    expect(await flooding.closed).toBe(1008);
  });
});

describe('the rate of frames', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('stops reading for the rest of a tenth of a second in which too much came', () => {
    const log: string[] = [];
    const count = createMessageRate({
      perSecond: 50,
      pause: () => log.push('pause'),
      resume: () => log.push('resume'),
    });
    for (let sent = 0; sent < 4; sent += 1) count();
    expect(log).toEqual([]);
    vi.advanceTimersByTime(40);
    count();
    expect(log).toEqual(['pause']);
    vi.advanceTimersByTime(59);
    expect(log).toEqual(['pause']);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(['pause', 'resume']);
  });

  it('does nothing to a steady stream below it', () => {
    const log: string[] = [];
    const count = createMessageRate({
      perSecond: 50,
      pause: () => log.push('pause'),
      resume: () => log.push('resume'),
    });
    for (let sent = 0; sent < 200; sent += 1) {
      count();
      vi.advanceTimersByTime(25);
    }
    expect(log).toEqual([]);
  });
});

describe('reading', () => {
  it('goes on only when nobody holds it any more', () => {
    const log: string[] = [];
    const hold = createReading({ pause: () => log.push('pause'), resume: () => log.push('resume') });
    const [one, other] = [hold(), hold()];
    one.pause();
    other.pause();
    one.resume();
    one.resume();
    expect(log).toEqual(['pause', 'pause']);
    other.resume();
    expect(log).toEqual(['pause', 'pause', 'resume']);
  });
});
