import { allows, type Operation } from '@devmesh/api';
import { MeshError, toMeshError, type Telemetry } from '@devmesh/foundation';
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
import { problemResponse, type Database } from '@devmesh/infrastructure';
import { recordAttempt } from './attempts.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { parseRequest, present, type ParsedRequest } from './validation.ts';

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

/** Answers a request to one operation: authenticate, limit, authorize, validate, act, answer. Failures become problem+json. */
export type Pipeline = (route: Route, request: Request, params: Record<string, string>) => Promise<Response>;

/** Builds the one way in that every operation of the table shares. */
export function createPipeline(options: PipelineOptions): Pipeline {
  const { tracer } = options.telemetry;
  return (route, request, params) => {
    const { operation } = route;
    // A request from this very process continues the span it comes from; one from outside, the header's.
    const parent = tracer.traceId() === undefined ? (request.headers.get('traceparent') ?? undefined) : undefined;
    const attributes = { 'http.route': operation.path, 'devmesh.operation': operation.id };
    return tracer.span(operation.id, { parent, attributes }, async () => {
      const limited = new Headers();
      const answered = answer(options, { route, request, params, limited });
      const response = await answered.catch((error: unknown) => refuse(options, operation, error));
      for (const [name, value] of limited) {
        if (name === 'set-cookie') response.headers.append(name, value);
        else response.headers.set(name, value);
      }
      return response;
    });
  };
}

interface Incoming {
  readonly route: Route;
  readonly request: Request;
  readonly params: Record<string, string>;
  /** Takes the RateLimit headers of the answer, and those that its handler adds. */
  readonly limited: Headers;
}

async function answer(options: PipelineOptions, incoming: Incoming): Promise<Response> {
  const { route, request } = incoming;
  const { operation } = route;
  const principal = operation.scope === 'public' ? undefined : await authenticate(options, request);
  const parsed = principal === undefined ? await parse(incoming) : await letIn(options, incoming, principal);
  const write = keyedWrite(operation, request, { principal, parsed });
  if (write === undefined) return toResponse(operation, await act(options, incoming, { principal, parsed }));
  const known = await options.idempotency.find(write);
  if (known !== undefined) return toResponse(operation, known.answer);
  try {
    return toResponse(operation, await act(options, incoming, { principal, parsed, write }));
  } catch (error) {
    // Another request with the same key committed first; this one was undone and gets the other's answer.
    const first = error instanceof AlreadyAnswered ? await options.idempotency.find(write) : undefined;
    if (first === undefined) throw error;
    return toResponse(operation, first.answer);
  }
}

function parse({ route, request, params }: Incoming): Promise<ParsedRequest> {
  return parseRequest(route.operation, request, params);
}

/**
 * Limits, authorizes and validates. Where the request itself names what is limited besides, it is read first, so that all
 * its limits are taken together or not at all; what is wrong with it is told after them, and counts.
 */
async function letIn(options: PipelineOptions, incoming: Incoming, principal: Principal): Promise<ParsedRequest> {
  const { operation } = incoming.route;
  const early = operation.limit !== undefined && allows(principal.scopes, operation.scope);
  const [reading] = early ? await Promise.allSettled([parse(incoming)]) : [];
  const readable = reading?.status === 'fulfilled' ? reading.value : undefined;
  const { headers, refusal } = await options.limits.admit(principal, subjectsOf(operation, readable));
  for (const [name, value] of Object.entries(headers)) incoming.limited.set(name, value);
  if (refusal !== undefined) throw refusal;
  await authorize(options, operation, { principal });
  if (reading?.status === 'rejected') throw reading.reason;
  const parsed = readable ?? (await parse(incoming));
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

async function act(
  options: PipelineOptions,
  { route, request, limited: headers }: Incoming,
  { principal, parsed, write }: Authorized,
): Promise<unknown> {
  const remember: AnyCall['remember'] = async (tx, result) => {
    if (write !== undefined) await options.idempotency.remember(tx, write, present(route.operation, result));
  };
  try {
    return await route.handle({
      ...parsed,
      request,
      headers,
      principal,
      remember,
      // Made when asked for: most operations never look at it.
      get signal() {
        return request.signal;
      },
    });
  } catch (error) {
    if (principal !== undefined && error instanceof MeshError) {
      await recordAttempt(options, error, { operation: route.operation, principal, parsed });
    }
    throw error;
  }
}

function keyedWrite(
  operation: Operation,
  request: Request,
  { principal, parsed }: { principal: Principal | undefined; parsed: ParsedRequest },
): KeyedWrite | undefined {
  const key = request.headers.get('idempotency-key');
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
  return Response.json(present(operation, result), { status: operation.status, headers });
}

function refuse(options: PipelineOptions, operation: Operation, error: unknown): Response {
  const { log, tracer } = options.telemetry;
  const known = toMeshError(error);
  const response = problemResponse(known, { traceId: tracer.traceId() });
  tracer.annotate({ 'error.type': known.code });
  if (response.status >= 500) log.error('an operation failed', error, { 'devmesh.operation': operation.id });
  return response;
}
