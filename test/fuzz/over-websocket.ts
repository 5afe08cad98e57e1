import { once } from 'node:events';
import { WebSocket } from 'ws';
import { malformed } from './malformed.ts';
import type { Attack } from './over-http.ts';

const sideBySide = 4;
const handshake = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'fuzz', version: '1' } },
});

/** Sends malformed messages to `/ws`, over a new connection whenever the gateway has closed one. */
export async function attackWebSocket(attack: Attack): Promise<void> {
  const { messages, tally, signal } = attack;
  let sent = 0;
  const work = async (): Promise<void> => {
    const key = attack.nextKey();
    while (sent < messages && !signal.aborted) {
      const socket = new WebSocket(attack.url, 'mcp', { headers: { authorization: `Bearer ${key}` } });
      // A refused upgrade and a cut connection are told by 'close'.
      socket.on('error', () => undefined);
      const closed = once(socket, 'close') as Promise<[number]>;
      await Promise.race([once(socket, 'open').catch(() => undefined), closed]);
      if (socket.readyState === WebSocket.OPEN && attack.random.next() < 0.8) socket.send(handshake);
      while (socket.readyState === WebSocket.OPEN && sent < messages) {
        sent += 1;
        const { data, options } = frameOf(attack);
        await new Promise<void>((resolve) => {
          socket.send(data, options, () => {
            resolve();
          });
        });
        tally.count('websocket', 'sent');
        // What follows a close is not read: so that each is, the gateway gets time to close.
        if (sent % 10 === 0) await caughtUp(socket, closed);
      }
      socket.close();
      const late = setTimeout(() => {
        tally.count('websocket', 'not closed');
        socket.terminate();
      }, 20_000);
      const [code] = await closed;
      clearTimeout(late);
      tally.count('websocket closed', String(code));
    }
  };
  await Promise.all(Array.from({ length: sideBySide }, work));
}

/** Bytes are text of one byte for each at most times: a frame that is binary, or no UTF-8, ends its connection. */
function frameOf({ random }: Attack) {
  const { data } = malformed(random);
  if (typeof data === 'string') return { data, options: {} };
  return random.next() < 0.9
    ? { data: data.toString('latin1'), options: {} }
    : { data, options: { binary: random.next() < 0.5 } };
}

async function caughtUp(socket: WebSocket, closed: Promise<unknown>): Promise<void> {
  const answered = new AbortController();
  const pong = once(socket, 'pong', { signal: answered.signal }).catch(() => undefined);
  socket.ping();
  await Promise.race([pong, closed]);
  answered.abort();
}
