import { randomUUID } from 'node:crypto';
import type { Telemetry } from '@devmesh/foundation';
import { createConnection, type Connection } from './connection.ts';
import type { McpHandlers } from './handlers.ts';
import type { Channel } from './lifecycle.ts';
import { createMethods } from './methods.ts';
import type { Offer, Revision } from './revisions/revision.ts';
import { rev20260728 } from './revisions/rev-2026-07-28.ts';
import type { Session } from './session.ts';
import { createStateless, type StatelessAnswer, type StatelessRequest } from './stateless/stateless.ts';

/** What a server says of itself in `initialize`. */
export interface ServerInfo {
  readonly name: string;
  readonly version: string;
  readonly title?: string | undefined;
}

export interface McpEndpointOptions<Principal> {
  readonly info: ServerInfo;
  /** Tells a model what the server is for. */
  readonly instructions?: string | undefined;
  readonly handlers: McpHandlers<Principal>;
  readonly telemetry: Telemetry;
  /** Who somebody is beyond one request (the key's id): only they go on with a call of theirs that waits for answers. */
  readonly ownerOf: (principal: Principal) => string;
  /** Notifications beyond the protocol's that `subscriptions/listen` may ask for: the key that asks, and the method. */
  readonly ownNotifications?: Readonly<Record<string, string>> | undefined;
  /** Requests that one session may have in progress; 64 unless told. */
  readonly maximumPendingPerSession?: number | undefined;
}

/** An MCP server without a wire: transports hand it connections, handlers do the work. */
export interface McpEndpoint<Principal> {
  /** The sessions whose clients are ready for notifications. */
  readonly sessions: ReadonlySet<Session<Principal>>;
  /** Takes up a client that a transport has authenticated. */
  connect(principal: Principal, channel: Channel): Connection<Principal>;
  /** Answers a request of a client without a session (MCP 2026-07-28). Never rejects. */
  answer(request: StatelessRequest<Principal>): Promise<StatelessAnswer>;
}

/** Creates an endpoint that speaks every revision from MCP 2024-11-05 to 2026-07-28. */
export function createMcpEndpoint<Principal>(options: McpEndpointOptions<Principal>): McpEndpoint<Principal> {
  const { telemetry, handlers } = options;
  const sessions = new Set<Session<Principal>>();
  const methods = createMethods(handlers);
  const offer = offerOf(handlers);
  const { opened, ended } = trackSessions(sessions, options);
  const stateless = createStateless<Principal>({
    ...options,
    methods,
    greeting: {
      info: { ...options.info },
      instructions: options.instructions,
      capabilities: rev20260728.capabilities(offer),
    },
    opened,
    ended,
  });
  const greet = (revision: Revision): object => ({
    protocolVersion: revision.version,
    capabilities: revision.capabilities(offer),
    serverInfo: options.info,
    ...(options.instructions === undefined ? {} : { instructions: options.instructions }),
  });
  return {
    sessions,
    answer: (request) => stateless.answer(request),
    connect: (principal, channel) =>
      createConnection({
        // Not a UUIDv7: whoever guesses a session id is halfway in, so every bit is random.
        id: randomUUID(),
        principal,
        channel,
        telemetry,
        methods,
        stateless,
        maximumPending: options.maximumPendingPerSession ?? 64,
        greet,
        opened,
        ended,
      }),
  };
}

function offerOf<Principal>(handlers: McpHandlers<Principal>): Offer {
  return {
    tools: handlers.tools !== undefined,
    resources: handlers.resources !== undefined,
    resourceSubscriptions: handlers.resources?.subscribe !== undefined,
    prompts: handlers.prompts !== undefined,
    completions: handlers.completions !== undefined,
    logging: handlers.logging !== undefined,
  };
}

interface SessionTracking<Principal> {
  readonly opened: (session: Session<Principal>) => void;
  readonly ended: (session: Session<Principal> | undefined) => void;
}

/** Tells the handlers of each session's opening and, once that has settled, of its end. */
function trackSessions<Principal>(
  sessions: Set<Session<Principal>>,
  { handlers, telemetry }: McpEndpointOptions<Principal>,
): SessionTracking<Principal> {
  const openings = new Map<Session<Principal>, Promise<void>>();
  const gauge = (): void => {
    telemetry.metrics.gauge('mcp_server_sessions', sessions.size);
  };
  const open = async (session: Session<Principal>): Promise<void> => {
    try {
      await handlers.opened?.(session);
    } catch (error) {
      telemetry.log.error('an MCP session could not be opened', error, { 'mcp.session.id': session.id });
      session.close('The session could not be opened.');
    }
  };
  const close = async (session: Session<Principal>): Promise<void> => {
    try {
      await openings.get(session);
      await handlers.closed?.(session);
    } catch (error) {
      telemetry.log.error('closing an MCP session failed', error, { 'mcp.session.id': session.id });
    } finally {
      openings.delete(session);
    }
  };
  return {
    opened: (session) => {
      sessions.add(session);
      // A later turn, so that a session that `opened` itself closes is still closed after it.
      openings.set(
        session,
        Promise.resolve().then(() => open(session)),
      );
      gauge();
    },
    ended: (session) => {
      if (session === undefined) return;
      sessions.delete(session);
      void close(session);
      gauge();
    },
  };
}
