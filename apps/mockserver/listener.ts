import type { IncomingMessage, Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import { MeshError } from '@devmesh/foundation';

/** A bound HTTP socket. */
export interface Listener {
  readonly url: string;
  /** Takes no new requests and resolves when the running ones are answered. */
  close(): Promise<void>;
}

interface ListenOptions {
  /** `incoming` is the request as it came: a `Request` holds no body of a GET. */
  readonly fetch: (request: Request, incoming: IncomingMessage) => Promise<Response>;
  readonly host: string;
  readonly port: number;
}

/** Binds and serves; throws `port_in_use` when another program has the port. */
export async function listen({ fetch: answer, host, port }: ListenOptions): Promise<Listener> {
  const server = createAdaptorServer({
    fetch: (request, bindings) => answer(request, bindings.incoming as IncomingMessage),
  }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portInUse(port, error) : error);
    });
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
  return {
    url: `http://${reachable(host)}:${String(boundPort)}`,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => {
          if (error === undefined) resolve();
          else reject(error);
        });
      }),
  };
}

function portInUse(port: number, cause: Error): MeshError {
  return new MeshError('port_in_use', `Port ${String(port)} is taken by another program.`, { cause });
}

function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
