import { integer, type ConfigOf, type ConfigShape } from '@devmesh/foundation';
import type { StreamableHttpOptions, WebSocketTransportOptions } from '@devmesh/mcp';
import type { EdgePrincipal } from './principal.ts';

/** What the operator decides about how much clients may hold of a gateway. */
export const limitsConfigShape = {
  MCP_MESSAGE_BYTES: integer(4_194_304, 1_024, 67_108_864).describe(
    'Bytes of the largest message that a client may send to the gateway, compressed ones after inflation.',
  ),
  MCP_CONNECTIONS: integer(10_000, 1, 1_000_000).describe(
    'WebSocket connections that one gateway holds at once; as many sessions over HTTP.',
  ),
  MCP_CONNECTIONS_PER_KEY: integer(5_000, 1, 1_000_000).describe('Of these, connections of one key or one sign-in.'),
  MCP_SESSIONS_PER_KEY: integer(100, 1, 1_000_000).describe(
    'Sessions over HTTP of one key or one sign-in; a newer one ends the longest idle one.',
  ),
  MCP_SESSION_IDLE_SECONDS: integer(1_800, 60, 604_800).describe(
    'Seconds after which an unused session over HTTP ends.',
  ),
  MCP_HEARTBEAT_SECONDS: integer(30, 1, 3_600).describe(
    'Seconds between Pings of a WebSocket; who answers none for two of these is dropped.',
  ),
  MCP_RESUME_SECONDS: integer(60, 0, 3_600).describe(
    'Seconds that a session whose WebSocket was cut waits to be resumed. 0: none waits.',
  ),
} satisfies ConfigShape;

/** Limits of the gateway's transports; what is absent is as the transport decides. */
export interface TransportLimits {
  readonly http: Pick<
    StreamableHttpOptions<EdgePrincipal>,
    'maximumMessageBytes' | 'maximumSessions' | 'maximumSessionsPerOwner' | 'idleSeconds'
  >;
  readonly webSocket: Pick<
    WebSocketTransportOptions<EdgePrincipal>,
    'maximumMessageBytes' | 'maximumConnections' | 'maximumConnectionsPerOwner' | 'heartbeatSeconds' | 'resumption'
  >;
}

/** The limits that a configuration sets. */
export function limitsOf(config: ConfigOf<typeof limitsConfigShape>): TransportLimits {
  const maximumMessageBytes = config.MCP_MESSAGE_BYTES;
  return {
    http: {
      maximumMessageBytes,
      maximumSessions: config.MCP_CONNECTIONS,
      maximumSessionsPerOwner: config.MCP_SESSIONS_PER_KEY,
      idleSeconds: config.MCP_SESSION_IDLE_SECONDS,
    },
    webSocket: {
      maximumMessageBytes,
      maximumConnections: config.MCP_CONNECTIONS,
      maximumConnectionsPerOwner: config.MCP_CONNECTIONS_PER_KEY,
      heartbeatSeconds: config.MCP_HEARTBEAT_SECONDS,
      resumption: { keptSeconds: config.MCP_RESUME_SECONDS },
    },
  };
}
