import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openTestMesh, type TestMesh } from './mesh.ts';

const tooLong = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { text: 'x'.repeat(2_048) } });

describe('the limits that an operator sets on clients', () => {
  let world: TestMesh;
  let key: string;
  beforeAll(async () => {
    world = await openTestMesh({ MCP_MESSAGE_BYTES: '2048', MCP_CONNECTIONS_PER_KEY: '1', MCP_HEARTBEAT_SECONDS: '1' });
    key = (await world.register()).key;
  });
  afterAll(() => world.close());

  const headers = () => ({ authorization: `Bearer ${key}` });
  const connect = () => new WebSocket(`${world.mesh.edgeUrl.replace('http', 'ws')}/ws`, 'mcp', { headers: headers() });

  it('hold for messages over HTTP and over WebSocket [mcp.malformed]', async () => {
    const accept = 'application/json, text/event-stream';
    const response = await fetch(`${world.mesh.edgeUrl}/mcp`, {
      method: 'POST',
      headers: { ...headers(), accept, 'content-type': 'application/json' },
      body: tooLong,
    });
    expect(response.status).toBe(413);
    const socket = connect();
    await once(socket, 'open');
    socket.send(tooLong);
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });

  it('hold for connections and their heartbeat', async () => {
    const first = connect();
    await once(first, 'open');
    const [, refused] = (await once(connect(), 'unexpected-response')) as [unknown, { statusCode: number }];
    expect(refused.statusCode).toBe(429);
    await once(first, 'ping');
    first.terminate();
  });
});
