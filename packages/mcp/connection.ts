import { MeshError, toMeshError, type Telemetry } from '@devmesh/foundation';
import { createAskedRequests, type AskedRequests } from './asked-requests.ts';
import { carryRounds } from './input-rounds.ts';
import { createLifecycle, type Channel, type Lifecycle } from './lifecycle.ts';
import { errorText, notificationText, resultText } from './message.ts';
import type { Batch, InvalidMessage, Message, NotificationMessage, RequestMessage } from './message.ts';
import type { RequestContext } from './handlers.ts';
import type { Method, Methods } from './methods.ts';
import { runOperation, type Outcome } from './operation.ts';
import { createPendingRequests, type PendingRequests } from './pending-requests.ts';
import { createRequestContext, metaOf } from './request-context.ts';
import type { Revision } from './revisions/revision.ts';
import type { Session } from './session.ts';
import { declaredVersion } from './stateless/request-meta.ts';
import type { Stateless } from './stateless/stateless.ts';

/** What the transport knows of a message besides its text. */
export interface Origin {
  readonly traceparent?: string | undefined;
}

/** One client's connection, from before `initialize` until its end. */
export interface Connection<Principal> {
  readonly id: string;
  readonly principal: Principal;
  /** The revision spoken; set once `initialize` has succeeded. */
  readonly revision: Revision | undefined;
  /** Requests being worked on. */
  readonly pending: number;
  /** Whether the client declared that it can be asked something while a request of its runs. */
  readonly answers: boolean;
  /** Takes one message, or those of a batch; resolves with the text of the response, or undefined where none is to be sent. Never rejects. */
  receive(message: Message | Batch, origin?: Origin): Promise<string | undefined>;
  /** Resolves when the requests now being worked on have been answered. */
  idle(): Promise<void>;
  /** Ends it and aborts what is being worked on. Safe to call twice. */
  end(): void;
}

/** What an endpoint gives each of its connections. */
export interface ConnectionOptions<Principal> {
  readonly id: string;
  readonly principal: Principal;
  readonly channel: Channel;
  readonly telemetry: Telemetry;
  readonly methods: Methods<Principal>;
  /** Answers the requests that say by themselves what a session would. */
  readonly stateless: Stateless<Principal>;
  readonly maximumPending: number;
  /** The result of `initialize` in a revision. */
  readonly greet: (revision: Revision) => object;
  readonly opened: (session: Session<Principal>) => void;
  readonly ended: (session: Session<Principal> | undefined) => void;
}

interface Parts<Principal> extends ConnectionOptions<Principal> {
  readonly lifecycle: Lifecycle<Principal>;
  readonly pendingRequests: PendingRequests;
  readonly asked: AskedRequests;
}

/** Creates one connection: `initialize` first, then requests side by side, until the end. Requests without a session need no `initialize`. */
export function createConnection<Principal>(options: ConnectionOptions<Principal>): Connection<Principal> {
  const pendingRequests = createPendingRequests(options.maximumPending);
  const asked = createAskedRequests();
  const ended = (session: Session<Principal> | undefined): void => {
    pendingRequests.cancelAll();
    asked.end();
    options.ended(session);
  };
  const lifecycle = createLifecycle({ ...options, ended });
  return new OpenConnection({ ...options, lifecycle, pendingRequests, asked });
}

/** A class, so that all connections have one shape. */
class OpenConnection<Principal> implements Connection<Principal> {
  readonly id: string;
  readonly principal: Principal;
  readonly #parts: Parts<Principal>;

  constructor(parts: Parts<Principal>) {
    this.id = parts.id;
    this.principal = parts.principal;
    this.#parts = parts;
  }

  get revision(): Revision | undefined {
    return this.#parts.lifecycle.established?.revision;
  }

  get pending(): number {
    return this.#parts.pendingRequests.size();
  }

  get answers(): boolean {
    const declared = this.#parts.lifecycle.established?.session.clientCapabilities ?? {};
    return askable.some((capability) => declared[capability] !== undefined);
  }

  async receive(message: Message | Batch, origin: Origin = {}): Promise<string | undefined> {
    const parts = this.#parts;
    if (parts.lifecycle.ended) return undefined;
    return message.kind === 'batch' ? answerBatch(parts, message, origin) : handle(parts, message, origin);
  }

  idle(): Promise<void> {
    return this.#parts.pendingRequests.idle();
  }

  end(): void {
    this.#parts.lifecycle.end();
  }
}

const askable = ['elicitation', 'sampling', 'roots'];

async function handle<Principal>(
  parts: Parts<Principal>,
  message: Message,
  origin: Origin,
): Promise<string | undefined> {
  if (message.kind === 'request') return answer(parts, message, origin);
  if (message.kind === 'notification') take(parts, message);
  if (message.kind === 'response') parts.asked.settle(message);
  return undefined;
}

/** Answers each message by itself, in revisions that know batches (MCP 2025-03-26); none may begin a session. */
async function answerBatch<Principal>(
  parts: Parts<Principal>,
  { messages }: Batch,
  origin: Origin,
): Promise<string | undefined> {
  if (parts.lifecycle.established?.revision.batches !== true) {
    const sentence = 'This revision of MCP has no batches; send one message at a time.';
    return errorText(null, new MeshError('invalid_message', sentence));
  }
  const one = async (message: Message | InvalidMessage): Promise<string | undefined> =>
    message.kind === 'invalid' ? errorText(message.id, message.error) : handle(parts, message, origin);
  const answers = (await Promise.all(messages.map(one))).filter((text) => text !== undefined);
  return answers.length === 0 ? undefined : `[${answers.join(',')}]`;
}

function take<Principal>(parts: Parts<Principal>, { method, params }: NotificationMessage): void {
  if (method === 'notifications/initialized') parts.lifecycle.open();
  if (method === 'notifications/cancelled') parts.pendingRequests.cancel(params['requestId']);
}

async function answer<Principal>(
  parts: Parts<Principal>,
  request: RequestMessage,
  origin: Origin,
): Promise<string | undefined> {
  try {
    return await parts.pendingRequests.run(request.id, async (signal) => {
      if (declaredVersion(request.params) !== undefined) return answerStateless(parts, request, origin, signal);
      const outcome = await operate(parts, request, origin, signal);
      return signal.aborted ? unanswered(parts, request) : responseText(parts, request, outcome);
    });
  } catch (error) {
    return errorText(request.id, toMeshError(error));
  }
}

async function answerStateless<Principal>(
  { stateless, principal, channel }: Parts<Principal>,
  request: RequestMessage,
  { traceparent }: Origin,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { text } = await stateless.answer({ principal, channel, request, signal, traceparent });
  return signal.aborted ? undefined : text;
}

/** What is said to a request that was given up: nothing where its client cancelled it, else that the session is over. */
function unanswered<Principal>({ lifecycle }: Parts<Principal>, { id }: RequestMessage): string | undefined {
  if (!lifecycle.ended) return undefined;
  return errorText(id, new MeshError('unavailable', 'The session ended before this request was answered.'));
}

function operate<Principal>(
  parts: Parts<Principal>,
  request: RequestMessage,
  origin: Origin,
  signal: AbortSignal,
): Promise<Outcome> {
  const { lifecycle, telemetry } = parts;
  const method = methodOf(parts, request.method);
  const traceparent = metaOf(request.params)['traceparent'];
  const options = {
    telemetry,
    // Names that clients make up must not become metric labels.
    method: method === undefined && request.method !== 'initialize' ? 'unknown' : request.method,
    attributes: {
      'mcp.session.id': parts.id,
      'mcp.protocol.version': lifecycle.established?.revision.version,
      'jsonrpc.request.id': String(request.id),
      'network.transport': parts.channel.kind === 'websocket' ? 'websocket' : 'tcp',
      ...targetOf(request),
    },
    parent: typeof traceparent === 'string' ? traceparent : origin.traceparent,
    signal,
  };
  return runOperation(options, async () => resultText(request.id, await perform(parts, request, method, signal)));
}

async function perform<Principal>(
  parts: Parts<Principal>,
  request: RequestMessage,
  method: Method<Principal> | undefined,
  signal: AbortSignal,
): Promise<object> {
  const { lifecycle, channel } = parts;
  if (request.method === 'initialize') return parts.greet(lifecycle.initialize(request.params));
  if (lifecycle.established === undefined) {
    if (request.method === 'ping') return {};
    throw new MeshError('invalid_state', 'Send `initialize` before any other request.');
  }
  if (method === undefined) throw new MeshError('method_not_found', 'There is no such method here.');
  // Some clients never send `notifications/initialized`; their first real request says the same.
  if (request.method !== 'ping') lifecycle.open();
  const context = createRequestContext({
    request,
    signal,
    notify: (name, params) => {
      channel.send(notificationText(name, params), request.id);
    },
    ask: (name, params, given) =>
      parts.asked.ask({
        method: name,
        params,
        signals: given === undefined ? [signal] : [signal, given],
        send: (text) => {
          channel.send(text, request.id);
        },
      }),
  });
  const { session, revision } = lifecycle.established;
  const attempt = (given: RequestContext): Promise<object> => method(session, request.params, given);
  const result = await carryRounds(attempt, context, session.clientCapabilities);
  return revision.adapt?.(request.method, result) ?? result;
}

function methodOf<Principal>(parts: Parts<Principal>, name: string): Method<Principal> | undefined {
  const revision = parts.lifecycle.established?.revision;
  return revision === undefined || revision.methods.has(name) ? parts.methods.get(name) : undefined;
}

function responseText<Principal>(parts: Parts<Principal>, request: RequestMessage, outcome: Outcome): string {
  if (outcome.ok) return outcome.text;
  const { error, traceId } = outcome;
  const prescribed = parts.lifecycle.established?.revision.notFoundCodes.get(request.method);
  return errorText(request.id, error, { traceId, rpcCode: error.code === 'not_found' ? prescribed : undefined });
}

function targetOf({ method, params }: RequestMessage): Readonly<Record<string, string>> {
  const { name, uri } = params;
  if (method === 'tools/call' && typeof name === 'string') return { 'gen_ai.tool.name': name };
  if (method === 'prompts/get' && typeof name === 'string') return { 'gen_ai.prompt.name': name };
  return typeof uri === 'string' ? { 'mcp.resource.uri': uri } : {};
}
