import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { TestServer } from './serve.ts';

/** A wire between client and server that a test can cut, and lead elsewhere. */
export interface Cable extends AsyncDisposable {
  readonly url: string;
  /** Breaks what is connected. */
  cut(): void;
  lead(to: TestServer): void;
  /** Whether who comes is let through. */
  open: boolean;
}

/** Lays one to a server. */
export async function layCable(first: TestServer): Promise<Cable> {
  const pairs = new Set<Socket>();
  let target = first;
  const server: Server = createServer((socket) => {
    if (!cable.open) {
      socket.destroy();
      return;
    }
    const other = dial(Number(new URL(target.webSocketUrl).port), '127.0.0.1');
    for (const one of [socket, other]) {
      pairs.add(one);
      one.on('error', () => undefined);
      one.once('close', () => {
        pairs.delete(one);
        socket.destroy();
        other.destroy();
      });
    }
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const cable: Cable = {
    url: `ws://127.0.0.1:${String(port)}/ws`,
    open: true,
    cut: () => {
      for (const one of pairs) one.destroy();
    },
    lead: (to) => {
      target = to;
    },
    [Symbol.asyncDispose]: async () => {
      cable.cut();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
  return cable;
}
