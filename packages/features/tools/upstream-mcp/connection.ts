import { MeshError } from '@devmesh/foundation';
import {
  Client,
  SdkError,
  StreamableHTTPClientTransport,
  type ClientCapabilities,
  type JSONRPCMessage,
  type LoggingMessageNotificationParams,
  type ServerCapabilities,
  type Transport,
} from '@modelcontextprotocol/client';
import type { UpstreamTransport } from './address.ts';
import { upstreamBounds } from './bounds.ts';
import { createDeferred } from './deferred.ts';

/** The lists of a server that can change. */
type UpstreamList = 'tools' | 'resources' | 'prompts';

/** Methods by which a server asks something of the client that a call came from. */
const askableMethods = ['elicitation/create', 'sampling/createMessage', 'roots/list'] as const;

export type AskableMethod = (typeof askableMethods)[number];

/** Who hears what a server says while it works on a call, and answers what it asks. */
export interface Listener {
  readonly log: (message: LoggingMessageNotificationParams) => void;
  /** A person has done what an address asked for. */
  readonly elicited: (elicitationId: string) => void;
  readonly ask: (
    method: AskableMethod,
    params: Readonly<Record<string, unknown>>,
    signal: AbortSignal,
  ) => Promise<Record<string, unknown>>;
}

/** What a connection tells of by itself. */
export interface ConnectionEvents {
  readonly onListChanged: (list: UpstreamList) => void;
  readonly onResourceUpdated: (uri: string) => void;
}

/** What a request needs to be one of a session, and where to put what comes besides its answer. */
export interface HttpUpstreamSession {
  /** The `Mcp-Session-Id`; undefined where the server gave none. */
  readonly id: string | undefined;
  /** Lets the client hear a message that came on the stream of another's request. */
  hear(message: object): void;
}

/** An upstream server that has said who it is. */
export interface UpstreamConnection {
  readonly client: Client;
  readonly capabilities: ServerCapabilities;
  readonly protocolVersion: string;
  /** Whether it speaks a revision without sessions (2026-07-28 and later). */
  readonly modern: boolean;
  readonly closed: boolean;
  /** What an error of it comes from: that the channel closed says less than why. */
  explain(error: unknown): unknown;
  /** Resolves when it has ended, from whichever side. */
  readonly ended: Promise<void>;
  /** How it was reached in the end. */
  readonly transport: UpstreamTransport;
  /** Its session over Streamable HTTP, where requests of a revision with sessions can be sent beside the client's. */
  readonly session: HttpUpstreamSession | undefined;
  /** Who is heard by the server now; only a connection that one call has to itself has a listener. */
  listener: Listener | undefined;
  close(): Promise<void>;
}

interface ConnectOptions extends ConnectionEvents {
  /** Opens a fresh channel; asked again where the first conversation could not be begun. */
  readonly open: () => Promise<Transport>;
  readonly transport: UpstreamTransport;
  /** What the client that calls come from can be asked. */
  readonly declared: ClientCapabilities;
  readonly clientInfo: { readonly name: string; readonly version: string };
}

/** Connects in the newest revision that both sides speak; throws the failure as the channel gave it. */
export async function connectUpstream(options: ConnectOptions): Promise<UpstreamConnection> {
  try {
    return await connectOnce(options, 'auto');
  } catch (error) {
    // Servers of before server/discover may choke on it rather than refuse it.
    if (!isNegotiationFailure(error)) throw error;
    return connectOnce(options, 'legacy');
  }
}

async function connectOnce(options: ConnectOptions, mode: 'auto' | 'legacy'): Promise<UpstreamConnection> {
  const { declared, clientInfo } = options;
  const client = new Client(clientInfo, {
    capabilities: declared,
    versionNegotiation: { mode, probe: { timeoutMs: 5_000 } },
    // Nothing that a server sends is compiled or kept here: the platform validates and caches by itself.
    jsonSchemaValidator: {
      getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
    },
    defaultCacheTtlMs: 0,
    inputRequired: { maxRounds: 10 },
  });
  let closed = false;
  let heard: MeshError | undefined;
  const { promise: ended, resolve: end } = createDeferred<void>();
  const connection: UpstreamConnection = {
    client,
    get capabilities() {
      return client.getServerCapabilities() ?? {};
    },
    get protocolVersion() {
      return client.getNegotiatedProtocolVersion() ?? '';
    },
    get modern() {
      return client.getProtocolEra() === 'modern';
    },
    get closed() {
      return closed;
    },
    ended,
    transport: options.transport,
    get session() {
      return client.getProtocolEra() === 'modern' ? undefined : sessionOf(client.transport);
    },
    listener: undefined,
    explain: (error) => (isClosure(error) ? (heard ?? error) : error),
    close: () => client.close(),
  };
  // The SDK has one handler for each, and no events.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.onclose = () => {
    closed = true;
    end();
  };
  hear(connection, options);
  answer(connection, declared);
  const timeout = upstreamBounds.connectMilliseconds;
  const transport = await options.open();
  // Set before the client connects, so that it hears of failures on the way there as well.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  transport.onerror = (error) => {
    if (error instanceof MeshError) heard = error;
  };
  try {
    await client.connect(transport, { timeout });
  } catch (error) {
    throw connection.explain(error);
  }
  return connection;
}

function sessionOf(transport: Transport | undefined): HttpUpstreamSession | undefined {
  if (!(transport instanceof StreamableHTTPClientTransport)) return undefined;
  return {
    id: transport.sessionId,
    hear: (message) => transport.onmessage?.(message as JSONRPCMessage),
  };
}

function isClosure(error: unknown): boolean {
  return error instanceof SdkError && ['CONNECTION_CLOSED', 'NOT_CONNECTED', 'SEND_FAILED'].includes(error.code);
}

function isNegotiationFailure(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return code === 'ERA_NEGOTIATION_FAILED';
}

function hear({ client }: UpstreamConnection, events: ConnectOptions): void {
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    events.onListChanged('tools');
  });
  client.setNotificationHandler('notifications/resources/list_changed', () => {
    events.onListChanged('resources');
  });
  client.setNotificationHandler('notifications/prompts/list_changed', () => {
    events.onListChanged('prompts');
  });
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => {
    events.onResourceUpdated(params.uri);
  });
}

/** Puts each question of the server to whoever has the connection now. */
function answer(connection: UpstreamConnection, declared: ClientCapabilities): void {
  const { client } = connection;
  client.setNotificationHandler('notifications/message', ({ params }) => {
    connection.listener?.log(params);
  });
  client.setNotificationHandler('notifications/elicitation/complete', ({ params }) => {
    connection.listener?.elicited(params.elicitationId);
  });
  const ask = (method: AskableMethod) => {
    return async (
      request: { readonly params?: unknown },
      context: { readonly mcpReq: { readonly signal: AbortSignal } },
    ) => {
      const { listener } = connection;
      if (listener === undefined) throw new MeshError('invalid_state', 'No client is there to be asked now.');
      const params = (request.params ?? {}) as Readonly<Record<string, unknown>>;
      return (await listener.ask(method, params, context.mcpReq.signal)) as never;
    };
  };
  if (declared.elicitation !== undefined) client.setRequestHandler('elicitation/create', ask('elicitation/create'));
  if (declared.sampling !== undefined)
    client.setRequestHandler('sampling/createMessage', ask('sampling/createMessage'));
  if (declared.roots !== undefined) client.setRequestHandler('roots/list', ask('roots/list'));
}
