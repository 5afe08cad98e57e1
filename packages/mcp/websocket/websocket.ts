import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { MeshError, toMeshError, type Telemetry } from '@devmesh/foundation';
import { WebSocketServer, type WebSocket } from 'ws';
import { defaultBounds } from '../bounds.ts';
import type { McpEndpoint } from '../endpoint.ts';
import type { OriginRules } from '../origin.ts';
import { readResumeRequest, resumeHeader, writeResumeGrant } from '../resumption/resume-header.ts';
import { chooseSubprotocol } from '../subprotocol.ts';
import { createAdmission } from './admission.ts';
import { closeCodes } from './close-codes.ts';
import { converseOnce, type Converse } from './conversation.ts';
import { createHeartbeat, type Heartbeat } from './heartbeat.ts';
import { createKeptSessions, defaultResumption, type KeptSessions, type ResumptionLimits } from './kept-sessions.ts';
import { createOwnerConnections } from './owner-connections.ts';
import { refuseUpgrade } from './refuse-upgrade.ts';
import { serveSocket, type ServedSocket } from './serve-socket.ts';

export interface WebSocketTransportOptions<Principal> extends OriginRules {
  readonly endpoint: McpEndpoint<Principal>;
  /** Answers who it is, or throws `unauthenticated` or `forbidden`; runs before the upgrade completes. */
  readonly authenticate: (request: IncomingMessage) => Promise<Principal>;
  /** The WWW-Authenticate of a 401; `Bearer` unless told. */
  readonly challenge?: ((request: IncomingMessage) => string) | undefined;
  /** Who somebody is beyond one connection (the key's id): only they resume a session of theirs. */
  readonly ownerOf: (principal: Principal) => string;
  readonly telemetry: Telemetry;
  readonly maximumMessageBytes?: number | undefined;
  readonly heartbeatSeconds?: number | undefined;
  readonly maximumConnections?: number | undefined;
  readonly maximumConnectionsPerOwner?: number | undefined;
  /** Frames of one socket that are taken in a second, Pings and Pongs included; more are read later. */
  readonly maximumFramesPerSecond?: number | undefined;
  /** What is kept of sessions whose sockets were cut. */
  readonly resumption?: Partial<ResumptionLimits> | undefined;
  /** Told the principal with which a session is resumed. */
  readonly resumed?: ((kept: Principal, comer: Principal) => void) | undefined;
  /** Seconds that `authenticate` may take. */
  readonly authenticationSeconds?: number | undefined;
  /** Bytes waiting for a client that does not read, above which it is dropped. */
  readonly maximumBufferedBytes?: number | undefined;
}

/** MCP over WebSocket: one frame is one message, a text unless the client prefers binary frames. */
export interface WebSocketTransport {
  /** The connections held, those still being authenticated included. */
  readonly connections: number;
  /** Takes a request over from the HTTP server's `upgrade` event: upgrades it, or refuses it with a problem document. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes no more connections, lets requests finish within the grace period, then tells every client to reconnect (1012). */
  drain(graceMilliseconds?: number): Promise<void>;
}

/** Creates the WebSocket transport of an endpoint. The compression of WebSocket itself stays off: it costs 260 KB a connection. */
export function createWebSocketTransport<Principal>(options: WebSocketTransportOptions<Principal>): WebSocketTransport {
  const { telemetry } = options;
  const admission = createAdmission({
    ...options,
    maximumConnections: options.maximumConnections ?? 10_000,
    authenticationSeconds: options.authenticationSeconds ?? 10,
  });
  const holdForOwner = createOwnerConnections(options.maximumConnectionsPerOwner ?? 5_000);
  const heartbeat = createHeartbeat({
    seconds: options.heartbeatSeconds ?? 30,
    measured: (seconds) => {
      telemetry.metrics.time('mcp_server_latency_seconds', seconds);
    },
  });
  const kept = createKeptSessions({ ...options, limits: { ...defaultResumption, ...options.resumption } });
  const upgrader = createUpgrader(options.maximumMessageBytes ?? defaultBounds.bytes);
  const served = createServed(options, heartbeat);

  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> => {
    try {
      const principal = await admission.admit(request);
      if (socket.destroyed) return;
      holdForOwner(options.ownerOf(principal), socket);
      const { converse, grant } = board(options, kept, { request, principal });
      upgrader.upgrade({ request, socket, head, grant }, (upgraded) => {
        served.serve(upgraded, converse, request);
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
      await served.finish(graceMilliseconds);
      kept.end();
    },
  };
}

interface Arrival<Principal> {
  readonly request: IncomingMessage;
  readonly principal: Principal;
}

/** How the conversation of an upgrade begins, and the header that tells a client which asked how to resume it. */
function board<Principal>(
  { endpoint, ownerOf }: WebSocketTransportOptions<Principal>,
  kept: KeptSessions<Principal>,
  { request, principal }: Arrival<Principal>,
): { readonly converse: Converse<Principal>; readonly grant: string | undefined } {
  const header = request.headers[resumeHeader];
  if (header === undefined) {
    return { converse: converseOnce(endpoint, principal, closeCodes.normal), grant: undefined };
  }
  const asked = readResumeRequest(String(header));
  if (asked === undefined) {
    throw new MeshError('invalid_request', `The header ${resumeHeader} is \`new\`, or a token and a count.`);
  }
  // What is offered depends on the path, so a session is resumed where it began.
  const owner = `${request.url?.split('?')[0] ?? ''} ${ownerOf(principal)}`;
  const { converse, grant } = kept.board(asked, { principal, owner });
  return { converse, grant: writeResumeGrant(grant) };
}

interface Served<Principal> {
  serve(socket: WebSocket, converse: Converse<Principal>, request: IncomingMessage): void;
  /** Lets each finish, then closes it. */
  finish(graceMilliseconds: number): Promise<void>;
}

function createServed<Principal>(
  options: WebSocketTransportOptions<Principal>,
  heartbeat: Heartbeat,
): Served<Principal> {
  const served = new Set<ServedSocket>();
  const bounds = { ...defaultBounds, bytes: options.maximumMessageBytes ?? defaultBounds.bytes };
  return {
    serve: (socket, converse, { headers: { traceparent } }) => {
      const one = serveSocket({
        socket,
        converse,
        pulse: heartbeat.watch(socket),
        traceparent: typeof traceparent === 'string' ? traceparent : undefined,
        telemetry: options.telemetry,
        bounds,
        maximumBufferedBytes: options.maximumBufferedBytes ?? 16 * 1024 * 1024,
        maximumFramesPerSecond: options.maximumFramesPerSecond ?? 20_000,
      });
      served.add(one);
      socket.once('close', () => served.delete(one));
    },
    finish: async (graceMilliseconds) => {
      await Promise.all([...served].map((one) => one.finish(closeCodes.restart, 'reconnect', graceMilliseconds)));
    },
  };
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** Goes with the answer where there is one. */
  readonly grant: string | undefined;
}

function createUpgrader(maximumMessageBytes: number) {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumMessageBytes,
    maxFragments: 1_024,
    handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
  });
  const grants = new WeakMap<IncomingMessage, string>();
  server.on('headers', (headers, request) => {
    const grant = grants.get(request);
    if (grant !== undefined) headers.push(`${resumeHeader}: ${grant}`);
  });
  return {
    upgrade: ({ request, socket, head, grant }: Upgrade, upgraded: (socket: WebSocket) => void): void => {
      if (grant !== undefined) grants.set(request, grant);
      server.handleUpgrade(request, socket, head, upgraded);
    },
  };
}
