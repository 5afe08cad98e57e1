import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { toMeshError, type Telemetry } from '@devmesh/foundation';
import { WebSocketServer, type WebSocket } from 'ws';
import { defaultBounds } from '../bounds.ts';
import type { McpEndpoint } from '../endpoint.ts';
import type { OriginRules } from '../origin.ts';
import { subprotocol } from '../subprotocol.ts';
import { createAdmission } from './admission.ts';
import { createHeartbeat } from './heartbeat.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { closeCodes, serveSocket, type ServedSocket } from './serve-socket.ts';

export interface WebSocketTransportOptions<Principal> extends OriginRules {
  readonly endpoint: McpEndpoint<Principal>;
  /** Answers who it is, or throws `unauthenticated` or `forbidden`; runs before the upgrade completes. */
  readonly authenticate: (request: IncomingMessage) => Promise<Principal>;
  /** The WWW-Authenticate of a 401; `Bearer` unless told. */
  readonly challenge?: ((request: IncomingMessage) => string) | undefined;
  readonly telemetry: Telemetry;
  readonly maximumMessageBytes?: number | undefined;
  readonly heartbeatSeconds?: number | undefined;
  readonly maximumConnections?: number | undefined;
  /** Seconds that `authenticate` may take. */
  readonly authenticationSeconds?: number | undefined;
  /** Bytes waiting for a client that does not read, above which it is dropped. */
  readonly maximumBufferedBytes?: number | undefined;
}

/** MCP over WebSocket: one text frame is one message. */
export interface WebSocketTransport {
  /** The connections held, those still being authenticated included. */
  readonly connections: number;
  /** Takes a request over from the HTTP server's `upgrade` event: upgrades it, or refuses it with a problem document. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes no more connections, lets requests finish within the grace period, then tells every client to reconnect (1012). */
  drain(graceMilliseconds?: number): Promise<void>;
}

/** Creates the WebSocket transport of an endpoint. Compression stays off: it costs 260 KB a connection. */
export function createWebSocketTransport<Principal>(options: WebSocketTransportOptions<Principal>): WebSocketTransport {
  const { telemetry } = options;
  const bytes = options.maximumMessageBytes ?? defaultBounds.bytes;
  const server = createServer(bytes);
  const admission = createAdmission({
    ...options,
    maximumConnections: options.maximumConnections ?? 10_000,
    authenticationSeconds: options.authenticationSeconds ?? 10,
  });
  const heartbeat = createHeartbeat(options.heartbeatSeconds ?? 30);
  const served = new Set<ServedSocket>();

  const serve = (socket: WebSocket, principal: Principal, request: IncomingMessage): void => {
    const { traceparent } = request.headers;
    const one = serveSocket({
      socket,
      principal,
      traceparent: typeof traceparent === 'string' ? traceparent : undefined,
      endpoint: options.endpoint,
      telemetry,
      bounds: { ...defaultBounds, bytes },
      maximumBufferedBytes: options.maximumBufferedBytes ?? 16 * 1024 * 1024,
    });
    heartbeat.watch(socket);
    served.add(one);
    socket.once('close', () => served.delete(one));
  };

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    try {
      const principal = await admission.admit(request);
      if (socket.destroyed) return;
      server.handleUpgrade(request, socket, head, (upgraded) => {
        serve(upgraded, principal, request);
      });
    } catch (failure) {
      const error = toMeshError(failure);
      if (error.code === 'internal') telemetry.log.error('a WebSocket upgrade failed', failure);
      telemetry.metrics.count('mcp_server_refused_upgrades_total', { code: error.code });
      refuseUpgrade(socket, error, options.challenge?.(request));
    }
  };

  return {
    get connections() {
      return admission.connections;
    },
    handleUpgrade: (request, socket, head) => {
      admission.hold(socket);
      // The peer may vanish while it is being authenticated; 'close' follows and is what counts.
      socket.on('error', () => socket.destroy());
      void upgrade(request, socket, head);
    },
    drain: async (graceMilliseconds = 5_000) => {
      admission.close();
      heartbeat.stop();
      await Promise.all([...served].map((one) => one.finish(closeCodes.restart, 'reconnect', graceMilliseconds)));
    },
  };
}

function createServer(maximumMessageBytes: number): WebSocketServer {
  return new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumMessageBytes,
    handleProtocols: () => subprotocol,
  });
}
