import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

type Silence = 'nothing' | 'answers' | 'everything';

/** A network that a test breaks. */
export interface Network {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** What does not go through, though connections stay open. */
  silence(what: Silence): void;
  /** Connections that are open now stay open and carry nothing any more; new ones do. */
  strand(): void;
}

/** A TCP forwarder between the client and the real server. */
export async function openNetwork(target: URL): Promise<Network> {
  const sockets = new Set<Socket>();
  const stranded = new Set<Socket>();
  let silent: Silence = 'nothing';
  const forward = (from: Socket, to: Socket, carries: 'answers' | 'commands'): void => {
    sockets.add(from);
    from.on('data', (data) => {
      if (stranded.has(from)) return;
      if (silent === 'nothing' || (silent === 'answers' && carries === 'commands')) to.write(data);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const create = (): Server =>
    createServer((client) => {
      const upstream = connect(Number(target.port === '' ? 6379 : target.port), target.hostname);
      forward(client, upstream, 'commands');
      forward(upstream, client, 'answers');
    });
  let server = create();
  const port = await listen(server, 0);
  const address = new URL(target);
  address.hostname = '127.0.0.1';
  address.port = String(port);
  return {
    url: address.href,
    cut: async () => {
      const closed = close(server);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => {
      server = create();
      await listen(server, port);
    },
    strand: () => {
      for (const socket of sockets) stranded.add(socket);
    },
    silence: (value) => {
      silent = value;
    },
  };
}

/** Listens on a port, 0 for any; resolves with it. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/** Stops listening. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
