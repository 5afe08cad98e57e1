import { MeshError, systemClock, toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import { defaultBounds } from '../bounds.ts';
import type { Connection } from '../connection.ts';
import type { McpEndpoint } from '../endpoint.ts';
import { parseMessage, type Batch, type Message, type Params, type RequestMessage } from '../message.ts';
import { checkOrigin, type OriginRules } from '../origin.ts';
import { metaOf, progressToken } from '../request-context.ts';
import { errorAnswer, jsonAnswer, streamAnswer } from './answers.ts';
import { accepts, eventStream, json, requireAcceptable, requireJsonBody, requireKnownVersion } from './negotiation.ts';
import { isSupported } from '../revisions/negotiate.ts';
import { rev20260728 } from '../revisions/rev-2026-07-28.ts';
import { declaredVersion } from '../stateless/request-meta.ts';
import { createMalformedRate, type MalformedRate } from './malformed-rate.ts';
import { readBody } from './read-body.ts';
import { createSessionStreams, defaultStreamLimits } from './session-streams.ts';
import { createSessionTable, type HttpSession, type SessionTable } from './session-table.ts';
import { createStatelessHttp, type StatelessHttp } from './stateless-http.ts';

export interface StreamableHttpOptions<Principal> extends OriginRules {
  readonly endpoint: McpEndpoint<Principal>;
  /** Answers who it is, or throws `unauthenticated` or `forbidden`; runs on every request. */
  readonly authenticate: (request: Request) => Promise<Principal>;
  /** What a session is bound to (the key's id): only requests with the same one may use it. */
  readonly ownerOf: (principal: Principal) => string;
  /** The WWW-Authenticate of a 401; `Bearer` unless told. */
  readonly challenge?: ((request: Request) => string) | undefined;
  /** Looks at each request of a session before it is handled; what it refuses is answered with its status, not as a JSON-RPC error. */
  readonly admit?: ((arrival: Arrival<Principal>) => Refusal | undefined) | undefined;
  readonly telemetry: Telemetry;
  readonly clock?: Clock | undefined;
  readonly maximumMessageBytes?: number | undefined;
  /** Seconds after which an unused session ends. */
  readonly idleSeconds?: number | undefined;
  readonly maximumSessions?: number | undefined;
  readonly maximumSessionsPerOwner?: number | undefined;
  readonly keepAliveSeconds?: number | undefined;
  /** Requests without a session that one owner may have in progress. */
  readonly maximumPendingPerOwner?: number | undefined;
}

/** A request of a session, before it is handled. */
export interface Arrival<Principal> {
  readonly request: Request;
  /** Who sent it, as just authenticated. */
  readonly principal: Principal;
  /** What its session acts as; of the same owner. */
  readonly sessionPrincipal: Principal;
  readonly method: string;
  readonly params: Params;
}

/** A refusal with the WWW-Authenticate that tells what would help. */
export interface Refusal {
  readonly error: MeshError;
  readonly challenge: string;
}

/** MCP over Streamable HTTP: one path, sessions by header. */
export interface StreamableHttpTransport {
  readonly sessions: number;
  /** Answers one request to the MCP path. Never rejects. */
  handle(request: Request): Promise<Response>;
  /** Takes no more requests, lets the pending ones finish within the grace period, then ends every session. */
  drain(graceMilliseconds?: number): Promise<void>;
}

interface Parts<Principal> extends StreamableHttpOptions<Principal> {
  readonly table: SessionTable<Principal>;
  readonly stateless: StatelessHttp<Principal>;
  readonly malformed: MalformedRate;
}

const sessionHeader = 'mcp-session-id';

/** Creates the Streamable HTTP transport of an endpoint. */
export function createStreamableHttpTransport<Principal>(
  options: StreamableHttpOptions<Principal>,
): StreamableHttpTransport {
  const clock = options.clock ?? systemClock;
  const table = createSessionTable<Principal>({
    clock,
    idleSeconds: options.idleSeconds ?? 1_800,
    maximum: options.maximumSessions ?? 10_000,
    maximumPerOwner: options.maximumSessionsPerOwner ?? 100,
  });
  const stateless = createStatelessHttp<Principal>({
    ...options,
    maximumPerOwner: options.maximumPendingPerOwner ?? 256,
    quietMilliseconds: 5_000,
  });
  const malformed = createMalformedRate({ clock, most: 100, windowSeconds: 60 });
  const parts: Parts<Principal> = { ...options, table, stateless, malformed };
  const timer = setInterval(
    () => {
      table.sweep();
      stateless.keepAlive();
      for (const { streams } of table.all()) streams.keepAlive();
    },
    (options.keepAliveSeconds ?? 15) * 1000,
  );
  timer.unref();
  let draining = false;
  return {
    get sessions() {
      return table.size;
    },
    handle: async (request) => {
      try {
        if (draining) throw new MeshError('unavailable', 'This server is stopping.', { retryAfterSeconds: 1 });
        return await answer(parts, request);
      } catch (failure) {
        return refuse(parts, request, failure);
      }
    },
    drain: async (graceMilliseconds = 5_000) => {
      draining = true;
      clearInterval(timer);
      const finished = new AbortController();
      const idle = Promise.all([stateless.drain(), ...table.all().map(({ connection }) => connection.idle())]);
      await Promise.race([idle, clock.sleep(graceMilliseconds, finished.signal)]);
      finished.abort();
      for (const { connection } of table.all()) table.end(connection.id);
    },
  };
}

function refuse<Principal>({ telemetry, challenge }: Parts<Principal>, request: Request, failure: unknown): Response {
  const error = toMeshError(failure);
  if (error.code === 'internal') telemetry.log.error('an MCP request over HTTP failed', failure);
  telemetry.metrics.count('mcp_server_refused_requests_total', { code: error.code });
  return errorAnswer(error, error.code === 'unauthenticated' ? challenge?.(request) : undefined);
}

async function answer<Principal>(parts: Parts<Principal>, request: Request): Promise<Response> {
  const { headers } = request;
  checkOrigin(
    { origin: headers.get('origin') ?? undefined, host: headers.get('host') ?? new URL(request.url).host },
    parts,
  );
  const principal = await parts.authenticate(request);
  if (request.method === 'POST') return post(parts, request, principal);
  if (request.method === 'GET') return listen(parts, request, principal);
  if (request.method === 'DELETE') return end(parts, request, principal);
  throw new MeshError('method_not_allowed', 'The MCP path answers GET, POST and DELETE.');
}

async function post<Principal>(parts: Parts<Principal>, request: Request, principal: Principal): Promise<Response> {
  requireJsonBody(request);
  requireAcceptable(request, [json, eventStream]);
  const message = await readMessage(parts, request, parts.ownerOf(principal));
  if (isStateless(request, message)) return postStateless(parts, request, principal, message);
  requireKnownVersion(request);
  if (message.kind === 'request' && message.method === 'initialize') {
    return initialize(parts, request, principal, message);
  }
  const session = sessionOf(parts, request, principal);
  if (message.kind === 'request') return admitted(parts, request, principal, { session, message });
  if (message.kind === 'batch') return postBatch(parts, request, principal, { session, message });
  await session.connection.receive(message);
  return new Response(null, { status: 202 });
}

/** Whether a message says by itself what a session would: by its header, or by its `_meta` under no version of sessions. */
function isStateless({ headers }: Request, message: Message | Batch): boolean {
  const version = headers.get('mcp-protocol-version');
  if (version === rev20260728.version) return true;
  const declared = message.kind === 'request' ? declaredVersion(message.params) : undefined;
  return declared !== undefined && !isSupported(declared);
}

async function postStateless<Principal>(
  parts: Parts<Principal>,
  request: Request,
  principal: Principal,
  message: Message | Batch,
): Promise<Response> {
  // Nothing that a client tells here concerns more than one request, and nobody asks it on a stream.
  if (message.kind === 'notification') return new Response(null, { status: 202 });
  if (message.kind === 'batch') throw new MeshError('invalid_message', noBatches);
  if (message.kind === 'response') {
    throw new MeshError('invalid_message', 'Answers are sent in the inputResponses of a request.');
  }
  const { method, params } = message;
  const refusal = parts.admit?.({ request, principal, sessionPrincipal: principal, method, params });
  if (refusal === undefined) return parts.stateless.answer(request, principal, message);
  parts.telemetry.metrics.count('mcp_server_refused_requests_total', { code: refusal.error.code });
  return errorAnswer(refusal.error, refusal.challenge, message.id);
}

interface Arrived<Principal, Kind = RequestMessage> {
  readonly session: HttpSession<Principal>;
  readonly message: Kind;
}

/** The refusal of the first of these requests that is not admitted. */
function refusalOf<Principal>(
  { admit, telemetry }: Parts<Principal>,
  request: Request,
  principal: Principal,
  { session, message }: Arrived<Principal, readonly RequestMessage[]>,
): Response | undefined {
  const sessionPrincipal = session.principal;
  for (const { method, params } of message) {
    const refusal = admit?.({ request, principal, sessionPrincipal, method, params });
    if (refusal === undefined) continue;
    telemetry.metrics.count('mcp_server_refused_requests_total', { code: refusal.error.code });
    return errorAnswer(refusal.error, refusal.challenge);
  }
  return undefined;
}

async function admitted<Principal>(
  parts: Parts<Principal>,
  request: Request,
  principal: Principal,
  { session, message }: Arrived<Principal>,
): Promise<Response> {
  const refusal = refusalOf(parts, request, principal, { session, message: [message] });
  return refusal ?? respond(session, request, message);
}

const noBatches = 'This revision of MCP has no batches; send one message at a time.';

async function postBatch<Principal>(
  parts: Parts<Principal>,
  request: Request,
  principal: Principal,
  { session, message: batch }: Arrived<Principal, Batch>,
): Promise<Response> {
  if (session.connection.revision?.batches !== true) throw new MeshError('invalid_message', noBatches);
  const message = batch.messages.filter(({ kind }) => kind === 'request') as readonly RequestMessage[];
  const refusal = refusalOf(parts, request, principal, { session, message });
  if (refusal !== undefined) return refusal;
  const text = await session.connection.receive(batch, originOf(request));
  return text === undefined ? new Response(null, { status: 202 }) : asAccepted(request, text);
}

async function readMessage<Principal>(
  { malformed, ...parts }: Parts<Principal>,
  request: Request,
  owner: string,
): Promise<Message | Batch> {
  malformed.check(owner);
  const bytes = parts.maximumMessageBytes ?? defaultBounds.bytes;
  const message = await readBody(request, bytes).then(
    (text) => parseMessage(text, { ...defaultBounds, bytes }),
    (failure: unknown) => ({ kind: 'invalid', error: toMeshError(failure) }) as const,
  );
  if (message.kind !== 'invalid') return message;
  // A connection that broke says nothing about what its client sends.
  if (message.error.code !== 'invalid_request') malformed.note(owner);
  throw message.error;
}

async function initialize<Principal>(
  parts: Parts<Principal>,
  request: Request,
  principal: Principal,
  message: RequestMessage,
): Promise<Response> {
  const streams = createSessionStreams(defaultStreamLimits);
  const connection = parts.endpoint.connect(principal, {
    kind: 'http',
    send: (text, requestId) => {
      streams.publish(text, requestId);
    },
    close: () => {
      parts.table.end(connection.id);
    },
  });
  const text = (await connection.receive(message, originOf(request))) ?? '';
  if (connection.revision === undefined) {
    connection.end();
    return asAccepted(request, text);
  }
  try {
    parts.table.add({ connection, streams, principal, owner: parts.ownerOf(principal) });
  } catch (error) {
    connection.end();
    throw error;
  }
  return asAccepted(request, text, { [sessionHeader]: connection.id });
}

async function respond<Principal>(
  { connection, streams }: HttpSession<Principal>,
  request: Request,
  message: RequestMessage,
): Promise<Response> {
  const origin = originOf(request);
  // What the client is told or asked in between goes before the answer, on the answer's own stream.
  const between = progressToken(metaOf(message.params)) !== undefined || mayAsk(connection, message);
  const streamed = (between && accepts(request, eventStream)) || !accepts(request, json);
  if (streamed && !streams.has(message.id)) {
    const body = streams.openForRequest(message.id, connection.revision?.primesStreams === true);
    const finish = async (): Promise<void> => {
      streams.finishRequest(message.id, await connection.receive(message, origin));
    };
    void finish();
    return streamAnswer(body);
  }
  const text = await connection.receive(message, origin);
  // A cancelled request has no response.
  return text === undefined ? new Response(null, { status: 202 }) : asAccepted(request, text);
}

function mayAsk<Principal>({ answers }: Connection<Principal>, { method }: RequestMessage): boolean {
  return answers && method === 'tools/call';
}

function asAccepted(request: Request, text: string, headers?: Readonly<Record<string, string>>): Response {
  return accepts(request, json) ? jsonAnswer(text, headers) : streamAnswer(`data: ${text}\n\n`, headers);
}

function listen<Principal>(parts: Parts<Principal>, request: Request, principal: Principal): Response {
  requireAcceptable(request, [eventStream]);
  requireKnownVersion(request);
  const { streams } = sessionOf(parts, request, principal);
  const lastEventId = request.headers.get('last-event-id');
  return streamAnswer(lastEventId === null ? streams.openForSession() : streams.resume(lastEventId));
}

function end<Principal>(parts: Parts<Principal>, request: Request, principal: Principal): Response {
  parts.table.end(sessionOf(parts, request, principal).connection.id);
  return new Response(null, { status: 204 });
}

function sessionOf<Principal>(parts: Parts<Principal>, request: Request, principal: Principal): HttpSession<Principal> {
  const id = request.headers.get(sessionHeader);
  if (id === null) throw new MeshError('invalid_request', 'Send the Mcp-Session-Id that `initialize` answered.');
  return parts.table.get(id, parts.ownerOf(principal));
}

function originOf(request: Request): { readonly traceparent: string | undefined } {
  return { traceparent: request.headers.get('traceparent') ?? undefined };
}
