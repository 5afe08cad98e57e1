import { createHash } from 'node:crypto';
import { MeshError, type Telemetry } from '@devmesh/foundation';
import { z } from 'zod';
import type { RequestContext } from '../handlers.ts';
import { isInputRequired, requireAskable } from '../input-rounds.ts';
import type { Channel } from '../lifecycle.ts';
import { errorText, isRecord, notificationText, resultText, type Params, type RequestMessage } from '../message.ts';
import { valid, type KeptSession, type Methods } from '../methods.ts';
import { runOperation, type Outcome } from '../operation.ts';
import { createRequestContext, metaOf } from '../request-context.ts';
import { rev20260728 } from '../revisions/rev-2026-07-28.ts';
import type { Session } from '../session.ts';
import { complete, discovery } from './complete.ts';
import { createHeldCalls, unknownState, type Turn } from './held-calls.ts';
import { listen } from './listen.ts';
import { logsFrom } from './log-filter.ts';
import { openingAddresses } from './open-addresses.ts';
import { readRequestMeta, type RequestMeta } from './request-meta.ts';
import { createStatelessSession } from './stateless-session.ts';
import type { Greeting } from './complete.ts';

/** One request of a client without a session. */
export interface StatelessRequest<Principal> {
  readonly principal: Principal;
  readonly channel: Channel;
  readonly request: RequestMessage;
  /** Aborts when the client cancels it or goes away. */
  readonly signal: AbortSignal;
  /** Aborts when the server wants to end a subscription in good order. */
  readonly closing?: AbortSignal | undefined;
  readonly traceparent?: string | undefined;
  /** What was repeated of the request in headers, see `RequestContext`. */
  readonly mirrored?: RequestContext['mirrored'];
}

/** The text of a response, and the failure that it tells of. */
export interface StatelessAnswer {
  readonly text: string;
  readonly error: MeshError | undefined;
}

/** Answers requests of MCP 2026-07-28, each by itself. Never rejects. */
export interface Stateless<Principal> {
  answer(request: StatelessRequest<Principal>): Promise<StatelessAnswer>;
}

export interface StatelessOptions<Principal> {
  readonly greeting: Greeting;
  readonly telemetry: Telemetry;
  readonly methods: Methods<Principal>;
  /** Notifications beyond the protocol's: the key of a filter that asks for one, and its method. */
  readonly ownNotifications?: Readonly<Record<string, string>> | undefined;
  /** Who may go on with a call that waits for answers. */
  readonly ownerOf: (principal: Principal) => string;
  readonly opened: (session: Session<Principal>) => void;
  readonly ended: (session: Session<Principal>) => void;
}

interface Parts<Principal> extends StatelessOptions<Principal> {
  readonly held: ReturnType<typeof createHeldCalls>;
}

/** Creates it. */
export function createStateless<Principal>(options: StatelessOptions<Principal>): Stateless<Principal> {
  const held = createHeldCalls({ patienceMilliseconds: 300_000, maximum: 1_000, maximumPerOwner: 32 });
  const parts = { ...options, held };
  return {
    answer: async (arrived) => {
      const { request } = arrived;
      const outcome = await operate(parts, arrived);
      if (outcome.ok) return { text: outcome.text, error: undefined };
      const { error, traceId } = outcome;
      const prescribed = error.code === 'not_found' ? rev20260728.notFoundCodes.get(request.method) : undefined;
      return { text: errorText(request.id, error, { traceId, rpcCode: prescribed }), error };
    },
  };
}

function operate<Principal>(parts: Parts<Principal>, arrived: StatelessRequest<Principal>): Promise<Outcome> {
  const { request, channel, signal, traceparent } = arrived;
  const parent = metaOf(request.params)['traceparent'];
  const options = {
    telemetry: parts.telemetry,
    // Names that clients make up must not become metric labels.
    method: rev20260728.methods.has(request.method) ? request.method : 'unknown',
    attributes: {
      'mcp.protocol.version': rev20260728.version,
      'jsonrpc.request.id': String(request.id),
      'network.transport': channel.kind === 'websocket' ? 'websocket' : 'tcp',
      ...targetOf(request),
    },
    parent: typeof parent === 'string' ? parent : traceparent,
    signal,
  };
  return runOperation(options, async () => resultText(request.id, await perform(parts, arrived)));
}

async function perform<Principal>(parts: Parts<Principal>, arrived: StatelessRequest<Principal>): Promise<object> {
  const { request, signal } = arrived;
  const meta = readRequestMeta(request.params);
  const { greeting, methods } = parts;
  if (request.method === 'server/discover') return complete('server/discover', discovery(greeting), greeting);
  if (request.method === 'subscriptions/listen') return listen(parts, arrived, meta);
  const method = rev20260728.methods.has(request.method) ? methods.get(request.method) : undefined;
  if (method === undefined) throw new MeshError('method_not_found', 'There is no such method here.');
  const session = createStatelessSession(arrived, meta);
  const context = contextOf(arrived, meta);
  const work = (given: RequestContext): Promise<object> => method(session, request.params, given);
  if (interactive.has(request.method)) return interact(parts, { arrived, session, context, work });
  return complete(request.method, await work({ ...context, signal }), greeting);
}

/** Methods whose result may be questions (MRTR, Supported Requests). */
const interactive: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

const input = z.object({
  inputResponses: z.record(z.string(), z.custom<Params>(isRecord)).default({}),
  requestState: z
    .string()
    .max(64 * 1024)
    .optional(),
});

function contextOf<Principal>(
  { request, channel, signal, mirrored }: StatelessRequest<Principal>,
  meta: RequestMeta,
): RequestContext {
  const passes = logsFrom(meta.logLevel);
  return createRequestContext({
    request,
    signal,
    mirrored,
    notify: (name, params) => {
      if (passes(name, params)) channel.send(notificationText(name, params), request.id);
    },
    ask: () => Promise.reject(new MeshError('invalid_state', 'This request cannot ask its client.')),
  });
}

interface Interaction<Principal> {
  readonly arrived: StatelessRequest<Principal>;
  readonly session: KeptSession<Principal>;
  readonly context: RequestContext;
  readonly work: (context: RequestContext) => Promise<object>;
}

// Ours are calls that are held here; theirs is what a handler gave.
const ours = 'held.';
const theirs = 'given.';

async function interact<Principal>(parts: Parts<Principal>, interaction: Interaction<Principal>): Promise<object> {
  const { request, principal } = interaction.arrived;
  const { inputResponses, requestState } = valid(input, request.params);
  const claim = { owner: parts.ownerOf(principal), fingerprint: fingerprintOf(request) };
  const context = { ...interaction.context, inputResponses, requestState: requestState?.slice(ours.length) };
  if (requestState?.startsWith(ours) === true) {
    return present(parts, interaction, await parts.held.resume({ ...claim, context }));
  }
  if (requestState !== undefined && !requestState.startsWith(theirs)) throw unknownState();
  const first = { ...context, requestState: requestState?.slice(theirs.length) };
  const turn = await parts.held.begin({ ...claim, context: first, work: guarded(interaction) });
  return present(parts, interaction, turn);
}

/** The work, which asks only what the client declared that it can be asked. */
function guarded<Principal>({ session, work }: Interaction<Principal>): (context: RequestContext) => Promise<object> {
  return async (context) => {
    const ask: RequestContext['ask'] = async (method, params, signal) => {
      requireAskable(method, session.clientCapabilities);
      return context.ask(method, params, signal);
    };
    return openingAddresses(work)({ ...context, ask });
  };
}

function present<Principal>(
  { greeting }: Parts<Principal>,
  { arrived: { request }, session }: Interaction<Principal>,
  turn: Turn,
): object {
  if (turn.kind === 'asking') {
    const { inputRequests, requestState } = turn;
    return { resultType: 'input_required', inputRequests, requestState: `${ours}${requestState}` };
  }
  const { result } = turn;
  if (!isInputRequired(result)) return complete(request.method, result, greeting, isRetry(request));
  for (const { method } of Object.values(result.inputRequests ?? {}))
    requireAskable(method, session.clientCapabilities);
  const { requestState } = result;
  return { ...result, ...(requestState === undefined ? {} : { requestState: `${theirs}${requestState}` }) };
}

function isRetry({ params }: RequestMessage): boolean {
  return params['requestState'] !== undefined || params['inputResponses'] !== undefined;
}

/** What makes a retry the same request: its method and its parameters, save what rounds add. */
function fingerprintOf({ method, params }: RequestMessage): string {
  const { name, uri, arguments: given } = params;
  return createHash('sha256')
    .update(JSON.stringify([method, name, uri, given]))
    .digest('base64');
}

function targetOf({ method, params }: RequestMessage): Readonly<Record<string, string>> {
  const { name, uri } = params;
  if (method === 'tools/call' && typeof name === 'string') return { 'gen_ai.tool.name': name };
  if (method === 'prompts/get' && typeof name === 'string') return { 'gen_ai.prompt.name': name };
  return typeof uri === 'string' ? { 'mcp.resource.uri': uri } : {};
}
