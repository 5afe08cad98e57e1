import { connectionModes, type ConnectionMode } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { ListedSession, SessionFacts } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';

/** What a gateway says of a session. The client's name and version are what the client says of itself. */
export interface OpenedSession {
  readonly clientName: string;
  readonly clientVersion: string;
  readonly protocolVersion: string;
  readonly transport: 'websocket' | 'http';
  readonly mode: ConnectionMode;
  readonly gateway: string;
  readonly connectedSecondsAgo: number;
}

/** An open MCP session as people see it. */
export interface EdgeSession extends Omit<OpenedSession, 'connectedSecondsAgo'> {
  readonly id: string;
  readonly keyId: string;
  readonly agentId: string | undefined;
  readonly connectedAt: Date;
  readonly lastSeenAt: Date;
  /** The latest round trip between gateway and client, where one was measured. */
  readonly latencyMilliseconds: number | undefined;
}

/** A session of a principal as it is kept. */
export function toFacts({ keyId, agentId }: Principal, session: OpenedSession, now: number): SessionFacts {
  const { connectedSecondsAgo, ...said } = session;
  return {
    ...said,
    keyId,
    connectedAt: String(now - connectedSecondsAgo * 1_000),
    ...(agentId === undefined ? {} : { agentId }),
  };
}

/** What changes of a session while it is open. */
export function latencyFact(milliseconds: number | null | undefined): SessionFacts | undefined {
  return typeof milliseconds === 'number' ? { latency: String(Math.round(milliseconds * 10) / 10) } : undefined;
}

/** A kept session; it was last seen when its time to live began. */
export function toSession({ id, facts, endsAt }: ListedSession, ttlSeconds: number): EdgeSession {
  const said = (name: string): string => {
    const value = facts[name];
    if (value === undefined) throw new MeshError('internal', `A session does not say its ${name}.`);
    return value;
  };
  return {
    id,
    keyId: said('keyId'),
    agentId: facts['agentId'],
    clientName: said('clientName'),
    clientVersion: said('clientVersion'),
    protocolVersion: said('protocolVersion'),
    transport: said('transport') === 'websocket' ? 'websocket' : 'http',
    mode: connectionModes.find((mode) => mode === facts['mode']) ?? 'standard',
    gateway: said('gateway'),
    connectedAt: new Date(Number(said('connectedAt'))),
    lastSeenAt: new Date(endsAt - ttlSeconds * 1_000),
    latencyMilliseconds: facts['latency'] === undefined ? undefined : Number(facts['latency']),
  };
}
