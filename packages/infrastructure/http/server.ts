import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MeshError, type Service, type Telemetry } from '@devmesh/foundation';
import { getRequestListener } from '@hono/node-server';
import { refuseConnection } from './refuse-connection.ts';
import { createRequestHandler, refuseRequest } from './request-handler.ts';

interface HttpServiceOptions {
  readonly name: string;
  /** 0 lets the system choose one; `address()` tells which. */
  readonly port: number;
  readonly host: string;
  /** The application: answers every request; what it throws becomes problem+json. */
  readonly fetch: (request: Request) => Response | Promise<Response>;
  /** Takes over connections that ask for another protocol (WebSocket). Absent: the request is answered as plain HTTP. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly telemetry: Telemetry;
  readonly limits?: HttpLimits;
}

/** How long a client may take and how much it may send before its request is answered. */
interface HttpLimits {
  /** Milliseconds for all headers to arrive. Default 10,000. */
  readonly headersTimeoutMilliseconds?: number;
  /** Milliseconds for the whole request, body included, to arrive. Default 60,000. */
  readonly requestTimeoutMilliseconds?: number;
  /** Bytes of all headers. Default 16 KiB. */
  readonly maximumHeaderBytes?: number;
  /** Milliseconds that requests in flight get to finish when the service stops. Default 8,000. */
  readonly drainMilliseconds?: number;
}

/** Where a service listens. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, with a host that a client on this machine can use. */
  readonly url: string;
}

/** An HTTP server as a service. */
export type HttpService = Service & {
  /** Throws `invalid_state` before it has started. */
  address(): HttpAddress;
};

const defaults = {
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 60_000,
  maximumHeaderBytes: 16_384,
  drainMilliseconds: 8_000,
} as const;

/**
 * Serves `fetch` over HTTP/1.1. Stopping takes no new connection, ends event streams, lets requests in flight finish
 * and then cuts what is left, upgraded connections included: who upgraded them says goodbye first.
 */
export function createHttpService(options: HttpServiceOptions): HttpService {
  const limits = { ...defaults, ...options.limits };
  const stopping = new AbortController();
  // Each open event stream listens, and there is no bound to those.
  setMaxListeners(0, stopping.signal);
  const sockets = new Set<Socket>();
  const inFlight = new Set<ServerResponse>();
  const server = createHttpServer(options, limits, stopping.signal);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('clientError', refuseConnection);
  server.on('request', (_request, response: ServerResponse) => {
    inFlight.add(response);
    if (stopping.signal.aborted) response.shouldKeepAlive = false;
    response.once('close', () => inFlight.delete(response));
  });
  if (options.onUpgrade !== undefined) listenForUpgrades(server, options, stopping.signal);
  let starting: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  return {
    name: options.name,
    start: () => (starting ??= listen(server, options)),
    ready: () =>
      Promise.resolve(
        server.listening ? { ready: true } : { ready: false, reason: `${options.name} is not listening` },
      ),
    stop: () => (stopped ??= stop({ server, stopping, sockets, inFlight }, limits.drainMilliseconds)),
    address: () => addressOf(server, options),
  };
}

function createHttpServer(options: HttpServiceOptions, limits: Required<HttpLimits>, stopping: AbortSignal): Server {
  const listener = getRequestListener(
    createRequestHandler({ fetch: options.fetch, telemetry: options.telemetry, stopping }),
    { hostname: options.host, overrideGlobalObjects: false, errorHandler: refuseRequest },
  );
  const settings = {
    headersTimeout: limits.headersTimeoutMilliseconds,
    requestTimeout: limits.requestTimeoutMilliseconds,
    maxHeaderSize: limits.maximumHeaderBytes,
    // Node looks for late clients only this often, so it must be well below the timeouts.
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMilliseconds),
  };
  return createServer(settings, (request, response) => {
    void listener(request, response);
  });
}

function listenForUpgrades(server: Server, options: HttpServiceOptions, stopping: AbortSignal): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => {
      options.telemetry.log.debug('an upgraded connection broke', { 'error.type': error.name });
    });
    if (stopping.aborted) {
      socket.destroy();
      return;
    }
    try {
      options.onUpgrade?.(request, socket, head);
    } catch (error) {
      options.telemetry.log.error('an upgrade failed', error, { 'service.name': options.name });
      socket.destroy();
    }
  });
}

function listen(server: Server, options: HttpServiceOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      reject(listenFailure(error, options));
    };
    server.once('error', onError);
    server.listen(options.port, options.host, () => {
      server.off('error', onError);
      server.on('error', (error) => {
        options.telemetry.log.error('the HTTP server reported a failure', error, { 'service.name': options.name });
      });
      const { url } = addressOf(server, options);
      options.telemetry.log.info('listening', { 'service.name': options.name, 'url.full': url });
      resolve();
    });
  });
}

function listenFailure(error: NodeJS.ErrnoException, options: HttpServiceOptions): MeshError {
  const where = `${options.host}:${String(options.port)}`;
  const cause = { cause: error };
  if (error.code === 'EADDRINUSE') {
    return new MeshError('port_in_use', `${options.name} cannot listen on ${where}: another program does.`, cause);
  }
  const reason = error.code ?? 'unknown reason';
  return new MeshError('invalid_config', `${options.name} cannot listen on ${where} (${reason}).`, cause);
}

interface Running {
  readonly server: Server;
  readonly stopping: AbortController;
  readonly sockets: ReadonlySet<Socket>;
  readonly inFlight: ReadonlySet<ServerResponse>;
}

async function stop(running: Running, drainMilliseconds: number): Promise<void> {
  const { server } = running;
  running.stopping.abort();
  for (const response of running.inFlight) response.shouldKeepAlive = false;
  const closed = new Promise<void>((resolve) => {
    // The error says that it never listened, which is just as well.
    server.close(() => {
      resolve();
    });
  });
  await drained(running.inFlight, drainMilliseconds);
  for (const socket of running.sockets) socket.destroy();
  await closed;
}

/** Resolves when no response is in flight, or when the time is over. */
async function drained(inFlight: ReadonlySet<ServerResponse>, milliseconds: number): Promise<void> {
  const expiry = new AbortController();
  const timer = setTimeout(() => {
    expiry.abort();
  }, milliseconds);
  const expired = new Promise((resolve) => {
    expiry.signal.addEventListener('abort', resolve, { once: true });
  });
  while (inFlight.size > 0 && !expiry.signal.aborted) {
    const finished = Array.from(inFlight, (response) => new Promise((resolve) => response.once('close', resolve)));
    await Promise.race([Promise.all(finished), expired]);
  }
  clearTimeout(timer);
}

const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

function addressOf(server: Server, options: HttpServiceOptions): HttpAddress {
  const bound = server.address() as AddressInfo | null;
  if (bound === null) throw new MeshError('invalid_state', `${options.name} is not listening.`);
  const reachable = unspecified.has(bound.address) ? 'localhost' : bound.address;
  const host = reachable.includes(':') ? `[${reachable}]` : reachable;
  return { host: bound.address, port: bound.port, url: `http://${host}:${String(bound.port)}` };
}
