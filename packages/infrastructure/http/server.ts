import { setMaxListeners } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeshError, toMeshError, type Readiness, type Service, type Telemetry } from '@devmesh/foundation';
import { getRequestListener } from '@hono/node-server';
import { noteConnection } from './client-address.ts';
import { closeListener } from './close-listener.ts';
import { followConnections, type Connections } from './connections.ts';
import { createHostCheck } from './host-check.ts';
import { refuseConnection, refuseUpgrade } from './refuse-connection.ts';
import { createRequestHandler, refuseRequest } from './request-handler.ts';
import { createTlsListener, type TlsFiles } from './tls.ts';

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
  /** The service speaks TLS 1.3 with these files; absent, plain HTTP. */
  readonly tls?: TlsFiles | undefined;
  /** Host names that it answers for, see `createHostCheck`. */
  readonly allowedHosts?: readonly string[];
  /** Where people reach it, where that is known: over https, a load balancer may speak TLS for it. */
  readonly publishedAt?: string;
  /** Seconds that it goes on serving after it says that it is not ready, for load balancers to turn away. Default 0. */
  readonly drainSeconds?: number;
}

/** How long a client may take and how much it may send before its request is answered. */
interface HttpLimits {
  /** Milliseconds for all headers to arrive. Default 10,000. */
  readonly headersTimeoutMilliseconds?: number;
  /** Milliseconds for the whole request, body included, to arrive. Default 60,000. */
  readonly requestTimeoutMilliseconds?: number;
  /** Bytes of all headers. Default 16 KiB. */
  readonly maximumHeaderBytes?: number;
  /** Milliseconds that requests in flight get to finish when the service stops. Default 5,000. */
  readonly drainMilliseconds?: number;
}

/** Where a service listens. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  /** `http://host:port`, or `https:` where it speaks TLS, with a host that a client on this machine can use. */
  readonly url: string;
}

/** An HTTP server as a service. */
export type HttpService = Service & {
  drain(): Promise<void>;
  /** Throws `invalid_state` before it has started. */
  address(): HttpAddress;
};

const defaults = {
  headersTimeoutMilliseconds: 10_000,
  requestTimeoutMilliseconds: 60_000,
  maximumHeaderBytes: 16_384,
  drainMilliseconds: 5_000,
} as const;

/**
 * Serves `fetch` over HTTP/1.1. It drains without an error that a client sees: what is open is told to close, then no new
 * connection is taken, event streams end, and requests in flight finish. Stopping cuts what is left, upgraded connections
 * included: who upgraded them says goodbye first.
 */
export function createHttpService(options: HttpServiceOptions): HttpService {
  const limits = { ...defaults, ...options.limits };
  const stopping = new AbortController();
  // Each open event stream listens, and there is no bound to those.
  setMaxListeners(0, stopping.signal);
  const listener = createListener(options, limits, stopping.signal);
  const { server } = listener;
  const connections = followConnections(server);
  server.on('clientError', refuseConnection);
  if (options.onUpgrade !== undefined) listenForUpgrades({ server, stopping, connections, options });
  let starting: Promise<void> | undefined;
  let draining: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;
  const drain = (): Promise<void> =>
    (draining ??= server.listening ? announce(connections, options.drainSeconds ?? 0) : Promise.resolve());
  return {
    name: options.name,
    start: () => (starting ??= start(listener, options)),
    ready: () => Promise.resolve(readiness(options.name, server, draining !== undefined)),
    drain,
    stop: () =>
      (stopped ??= drain().then(() => stop({ server, stopping, connections, options }, limits.drainMilliseconds))),
    address: () => addressOf(server, options),
  };
}

function readiness(name: string, server: Server, draining: boolean): Readiness {
  if (!server.listening) return { ready: false, reason: `${name} is not listening` };
  return draining ? { ready: false, reason: `${name} is stopping` } : { ready: true };
}

async function announce(connections: Connections, drainSeconds: number): Promise<void> {
  connections.announceClose();
  await sleep(drainSeconds * 1_000);
  await connections.untilOldOnesClosed();
}

interface Listener {
  readonly server: Server;
  readonly load: () => Promise<void>;
  readonly follow: () => () => void;
}

function createListener(options: HttpServiceOptions, limits: Required<HttpLimits>, stopping: AbortSignal): Listener {
  const { telemetry, tls, host } = options;
  const https = tls !== undefined || options.publishedAt?.startsWith('https:') === true;
  const handle = createRequestHandler({
    fetch: options.fetch,
    telemetry,
    stopping,
    https,
    checkHost: hostCheckOf(options),
  });
  const noted = (request: Request, { incoming }: { readonly incoming: { readonly socket: Socket } }) => {
    noteConnection(request, incoming.socket.remoteAddress);
    return handle(request);
  };
  const listener = getRequestListener(noted, {
    hostname: host,
    errorHandler: refuseRequest,
  });
  const settings = {
    headersTimeout: limits.headersTimeoutMilliseconds,
    requestTimeout: limits.requestTimeoutMilliseconds,
    maxHeaderSize: limits.maximumHeaderBytes,
    // Node looks for late clients only this often, so it must be well below the timeouts.
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMilliseconds),
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    void listener(request, response);
  };
  if (tls !== undefined) return createTlsListener(tls, { settings, log: telemetry.log, onRequest });
  const nothing = (): void => undefined;
  return { server: createServer(settings, onRequest), load: () => Promise.resolve(), follow: () => nothing };
}

function hostCheckOf(options: HttpServiceOptions): (host: string | undefined) => void {
  const { host, allowedHosts = [], publishedAt } = options;
  return createHostCheck({ listenHost: host, allowedHosts, publishedAt });
}

function listenForUpgrades({ server, stopping, connections, options }: Running): void {
  const checkHost = hostCheckOf(options);
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', (error) => {
      options.telemetry.log.debug('an upgraded connection broke', { 'error.type': error.name });
    });
    connections.handOver(socket);
    if (stopping.signal.aborted) {
      socket.destroy();
      return;
    }
    try {
      checkHost(request.headers.host);
    } catch (error) {
      refuseUpgrade(socket, toMeshError(error));
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

async function start({ server, load, follow }: Listener, options: HttpServiceOptions): Promise<void> {
  await load();
  await listen(server, options);
  server.once('close', follow());
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
  readonly connections: Connections;
  readonly options: HttpServiceOptions;
}

async function stop({ server, stopping, connections, options }: Running, milliseconds: number): Promise<void> {
  connections.announceClose();
  const { closed } = await closeListener(server);
  stopping.abort();
  if (!(await connections.untilClosed(milliseconds))) {
    options.telemetry.log.warn('requests that did not finish in time were cut', { 'service.name': options.name });
  }
  connections.cut();
  await closed;
}

const unspecified: ReadonlySet<string> = new Set(['0.0.0.0', '::', '']);

function addressOf(server: Server, options: HttpServiceOptions): HttpAddress {
  const bound = server.address() as AddressInfo | null;
  if (bound === null) throw new MeshError('invalid_state', `${options.name} is not listening.`);
  const reachable = unspecified.has(bound.address) ? 'localhost' : bound.address;
  const host = reachable.includes(':') ? `[${reachable}]` : reachable;
  const scheme = options.tls === undefined ? 'http' : 'https';
  return { host: bound.address, port: bound.port, url: `${scheme}://${host}:${String(bound.port)}` };
}
