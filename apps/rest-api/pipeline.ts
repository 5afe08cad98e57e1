import { allows, errorOf, type Operation } from '@devmesh/api';
import { errorTable, MeshError, toMeshError, toProblem, type Telemetry } from '@devmesh/foundation';
import {
  AlreadyAnswered,
  type AnyCall,
  type Audit,
  type Idempotency,
  type Identity,
  type KeyedWrite,
  type Limits,
  type Policy,
  type Principal,
  type Route,
  type SignIn,
  type SignIns,
} from '@devmesh/features';
import { problemResponse, retryAfterOf, type Database } from '@devmesh/infrastructure';
import { recordAttempt } from './attempts.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import type { Incoming } from './incoming.ts';
import { parseInput, present, type ParsedRequest } from './validation.ts';

export interface PipelineOptions {
  readonly database: Database;
  readonly identity: Identity;
  readonly signIns: SignIns;
  readonly signIn: SignIn;
  readonly audit: Audit;
  readonly idempotency: Idempotency;
  readonly limits: Limits;
  readonly policy: Policy;
  readonly telemetry: Telemetry;
}

/**
 * Carries out what comes in for one operation: authenticate, limit, authorize, validate, act. `answer` gives a response, and
 * failures as problem+json; `perform` the result itself, and throws what a client of this API reads failures as.
 */
export interface Pipeline {
  answer(route: Route, incoming: Incoming): Promise<Response>;
  perform(route: Route, incoming: Incoming): Promise<unknown>;
}

/** Builds the one way in that every operation of the table shares. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { tracer } = options.telemetry;
  const inSpan = <Result>({ operation }: Route, { header }: Incoming, work: () => Promise<Result>): Promise<Result> => {
    // What comes from this very process continues the span it comes from; what comes from outside, the header's.
    const parent = tracer.traceId() === undefined ? (header('traceparent') ?? undefined) : undefined;
    const attributes = { 'http.route': operation.path, 'devmesh.operation': operation.id };
    return tracer.span(operation.id, { parent, attributes }, work);
  };
  return {
    answer: (route, incoming) =>
      inSpan(route, incoming, async () => {
        const arrived = arrive(route, incoming);
        const response = await carryOut(options, arrived).then(
          (result) => toResponse(route.operation, result),
          (error: unknown) => problemResponse(refuse(options, arrived, error), { traceId: tracer.traceId() }),
        );
        for (const [name, value] of Object.entries(arrived.limited())) response.headers.set(name, value);
        for (const [name, value] of arrived.added ?? []) {
          if (name === 'set-cookie') response.headers.append(name, value);
          else response.headers.set(name, value);
        }
        return response;
      }),
    perform: (route, incoming) =>
      inSpan(route, incoming, async () => {
        const arrived = arrive(route, incoming);
        try {
          return await carryOut(options, arrived);
        } catch (error) {
          const known = refuse(options, arrived, error);
          throw errorOf(toProblem(known), retryAfterOf(known));
        }
      }),
  };
}

/** What came in, and what is known of the headers of its answer. */
interface Arrived {
  readonly route: Route;
  readonly incoming: Incoming;
  /** Tells the RateLimit headers. */
  limited: () => Readonly<Record<string, string>>;
  /** Those that the handler adds. */
  added: Headers | undefined;
}

function arrive(route: Route, incoming: Incoming): Arrived {
  return { route, incoming, limited: () => ({}), added: undefined };
}

/** A call as its handler gets it. What costs something is made when it is asked for: most handlers never do. */
class HandledCall implements AnyCall {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly rawBody: AnyCall['rawBody'];
  readonly header: AnyCall['header'];
  readonly principal: Principal | undefined;
  readonly remember: AnyCall['remember'];
  readonly #arrived: Arrived;

  constructor(arrived: Arrived, { principal, parsed }: Authorized, remember: AnyCall['remember']) {
    this.params = parsed.params;
    this.query = parsed.query;
    this.body = parsed.body;
    this.rawBody = parsed.rawBody;
    this.header = arrived.incoming.header;
    this.principal = principal;
    this.remember = remember;
    this.#arrived = arrived;
  }

  get headers(): Headers {
    return (this.#arrived.added ??= new Headers());
  }

  get request(): Request {
    return this.#arrived.incoming.request();
  }

  get signal(): AbortSignal {
    return this.#arrived.incoming.signal();
  }
}

/** The result as it leaves the server, or a response of the operation's own. */
async function carryOut(options: PipelineOptions, arrived: Arrived): Promise<unknown> {
  const { operation } = arrived.route;
  const principal = operation.scope === 'public' ? undefined : await authenticate(options, arrived.incoming);
  const parsed = principal === undefined ? await parse(arrived) : await letIn(options, arrived, principal);
  const write = keyedWrite(arrived, { principal, parsed });
  if (write === undefined) return shown(operation, await act(options, arrived, { principal, parsed }));
  const known = await options.idempotency.find(write);
  if (known !== undefined) return shown(operation, known.answer);
  try {
    return shown(operation, await act(options, arrived, { principal, parsed, write }));
  } catch (error) {
    // Another request with the same key committed first; this one was undone and gets the other's answer.
    const first = error instanceof AlreadyAnswered ? await options.idempotency.find(write) : undefined;
    if (first === undefined) throw error;
    return shown(operation, first.answer);
  }
}

function shown(operation: Operation, result: unknown): unknown {
  return result instanceof Response ? result : present(operation, result);
}

function parse(arrived: Arrived): Promise<ParsedRequest> {
  return parseInput(arrived.route.operation, arrived.incoming);
}

/**
 * Limits, authorizes and validates. Where the request itself names what is limited besides, it is read first, so that all
 * its limits are taken together or not at all; what is wrong with it is told after them, and counts.
 */
async function letIn(options: PipelineOptions, arrived: Arrived, principal: Principal): Promise<ParsedRequest> {
  const { operation } = arrived.route;
  const early = operation.limit !== undefined && allows(principal.scopes, operation.scope);
  let readable: ParsedRequest | undefined;
  let unreadable: { readonly reason: unknown } | undefined;
  try {
    if (early) readable = await parse(arrived);
  } catch (reason) {
    unreadable = { reason };
  }
  const { headers, refusal } = await options.limits.admit(principal, subjectsOf(operation, readable));
  arrived.limited = headers;
  if (refusal !== undefined) throw refusal;
  await authorize(options, operation, { principal });
  if (unreadable !== undefined) throw unreadable.reason;
  const parsed = readable ?? (await parse(arrived));
  await authorize(options, operation, { principal, parsed });
  return parsed;
}

function subjectsOf({ limit }: Operation, parsed: ParsedRequest | undefined) {
  if (limit === undefined || parsed === undefined) return [];
  const subject = (parsed[limit.part] as Readonly<Record<string, unknown>> | undefined)?.[limit.field];
  return typeof subject === 'string' ? [{ scope: limit.scope, subject }] : [];
}

interface Authorized {
  readonly principal: Principal | undefined;
  readonly parsed: ParsedRequest;
  readonly write?: KeyedWrite;
}

async function act(options: PipelineOptions, arrived: Arrived, authorized: Authorized): Promise<unknown> {
  const { principal, parsed, write } = authorized;
  const { route } = arrived;
  const remember: AnyCall['remember'] = async (tx, result) => {
    if (write !== undefined) await options.idempotency.remember(tx, write, present(route.operation, result));
  };
  try {
    return await route.handle(new HandledCall(arrived, authorized, remember));
  } catch (error) {
    if (principal !== undefined && error instanceof MeshError) {
      await recordAttempt(options, error, { operation: route.operation, principal, parsed });
    }
    throw error;
  }
}

function keyedWrite(
  { route: { operation }, incoming: { header } }: Arrived,
  { principal, parsed }: { principal: Principal | undefined; parsed: ParsedRequest },
): KeyedWrite | undefined {
  const key = header('idempotency-key');
  if (key === null || operation.idempotencyKey !== true || principal === undefined) return undefined;
  if (key.length < 1 || key.length > 255) {
    throw new MeshError('invalid_request', 'An Idempotency-Key has 1 to 255 characters.');
  }
  const { params, body } = parsed;
  return { tenantId: principal.tenantId, operation: operation.id, key, request: { params, body } };
}

function toResponse(operation: Operation, result: unknown): Response {
  if (result instanceof Response) return result;
  const headers = { 'cache-control': 'no-store' };
  if (operation.status === 204) return new Response(null, { status: 204, headers });
  return Response.json(result, { status: operation.status, headers });
}

/** What went wrong, as it is told; put on record where it is our fault and somebody waits for the answer. */
function refuse(options: PipelineOptions, { route: { operation }, incoming }: Arrived, error: unknown): MeshError {
  const { log, tracer } = options.telemetry;
  const known = toMeshError(error);
  tracer.annotate({ 'error.type': known.code });
  if (errorTable[known.code].status >= 500 && !incoming.signal().aborted) {
    log.error('an operation failed', error, { 'devmesh.operation': operation.id });
  }
  return known;
}
