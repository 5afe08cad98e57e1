import { isErrorCode, MeshError, type Problem } from '@devmesh/foundation/errors';
import { basePath, operations, type Operations } from './operations.ts';
import type { CallInput, Operation, ResponseOf } from './operation.ts';

/** Anything that answers requests: the network's fetch, or an app's own handler in the same process. */
export type Fetch = (request: Request) => Promise<Response>;

/** A call of an operation as the platform takes it from its own process: what a request would say, without being one. */
export interface DirectCall {
  readonly operation: Operation;
  readonly input: AnyInput;
  /** Their names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

/** Performs calls in the same process; resolves with the result, rejects with the very error that a response would be read as. */
export type Perform = (call: DirectCall) => Promise<unknown>;

interface ClientOptions {
  /** Origin of the platform, e.g. `http://localhost:8081`. */
  readonly baseUrl: string;
  readonly fetch?: Fetch;
  /** Where the platform is in this process: takes every call whose answer is no stream. */
  readonly perform?: Perform | undefined;
  /** The API key or access token that calls act under; a function where it is renewed from time to time. */
  readonly key?: string | (() => string);
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** W3C `traceparent` of the caller's present span, so that one trace covers both sides. */
  readonly traceparent?: () => string | undefined;
}

interface CallOptions {
  readonly signal?: AbortSignal;
  /** Makes a write safe to send again: the same key has one effect. */
  readonly idempotencyKey?: string;
  /** Sent with this call. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Call<Op extends Operation> =
  unknown extends CallInput<Op>
    ? (input?: NoInput, options?: CallOptions) => Promise<CallResult<Op>>
    : (input: CallInput<Op>, options?: CallOptions) => Promise<CallResult<Op>>;

type CallResult<Op extends Operation> = Op['stream'] extends true
  ? Response
  : Op['page'] extends true
    ? Response
    : ResponseOf<Op>;

/** A method for every operation of the table, by feature. Failures are thrown as MeshError with the server's own code. */
export type Client = OperationMethods & {
  /** Calls an operation that is only known at run time. */
  call(operation: Operation, input?: AnyInput, options?: CallOptions): Promise<unknown>;
};

type OperationMethods = {
  readonly [Feature in keyof Operations]: {
    readonly [Name in keyof Operations[Feature]]: Operations[Feature][Name] extends Operation
      ? Call<Operations[Feature][Name]>
      : never;
  };
};

type Texts = Readonly<Record<string, string | number | boolean | undefined>>;

type NoInput = Readonly<Record<string, never>>;

/** The parts of a request, as a caller hands them in. */
interface AnyInput {
  readonly params?: Texts;
  readonly query?: Texts;
  readonly body?: unknown;
}

async function callOperation(
  client: ClientOptions,
  operation: Operation,
  input: AnyInput = {},
  options: CallOptions = {},
): Promise<unknown> {
  if (client.perform !== undefined && isWhole(operation)) {
    return client.perform({
      operation,
      input,
      headers: buildHeaders(client, operation, options),
      signal: options.signal,
    });
  }
  const response = await send(client, buildRequest(client, operation, input, options));
  if (!response.ok) throw await toError(response);
  if (operation.stream === true || operation.page === true) return response;
  if (operation.response === undefined) return undefined;
  return readJson(response);
}

/** Whether both sides of an operation are values: neither a stream nor a page nor raw bytes. */
function isWhole({ stream, page, raw }: Operation): boolean {
  return stream !== true && page !== true && raw !== true;
}

/** The typed client of the platform. */
export function createClient(options: ClientOptions): Client {
  const groups = Object.entries(operations).map(([feature, group]) => [
    feature,
    Object.fromEntries(
      Object.entries<Operation>(group).map(([name, operation]) => [
        name,
        async (input?: AnyInput, call?: CallOptions) => callOperation(options, operation, input, call),
      ]),
    ),
  ]);
  const call: Client['call'] = (operation, input, callOptions) => callOperation(options, operation, input, callOptions);
  return { ...(Object.fromEntries(groups) as OperationMethods), call };
}

function buildRequest(client: ClientOptions, operation: Operation, input: AnyInput, call: CallOptions): Request {
  const { signal } = call;
  return requestOf({ operation, input, headers: buildHeaders(client, operation, call), signal }, client.baseUrl);
}

/** The request that a call is, at a platform. */
export function requestOf({ operation, input, headers, signal }: DirectCall, baseUrl: string): Request {
  const url = new URL(basePath + fillPath(operation.path, input.params ?? {}), baseUrl);
  for (const [name, value] of Object.entries(input.query ?? {})) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return new Request(url, {
    method: operation.method,
    headers,
    body: operation.body === undefined ? null : JSON.stringify(input.body),
    signal: signal ?? null,
  });
}

function buildHeaders(client: ClientOptions, operation: Operation, call: CallOptions): Record<string, string> {
  const key = typeof client.key === 'function' ? client.key() : client.key;
  const headers: Record<string, string> = { ...client.headers, ...call.headers };
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) headers[name] = value;
  };
  set('accept', operation.stream === true ? (operation.mediaType ?? 'text/event-stream') : 'application/json');
  set('authorization', key === undefined ? undefined : `Bearer ${key}`);
  set('content-type', operation.body === undefined ? undefined : 'application/json');
  set('idempotency-key', call.idempotencyKey);
  set('traceparent', client.traceparent?.());
  return headers;
}

function fillPath(template: string, params: Texts): string {
  return template.replaceAll(/\{(\w+)\}/gu, (_match, name: string) => {
    const value = params[name];
    if (value === undefined) throw new MeshError('invalid_request', `The path needs a value for ${name}.`);
    const text = String(value);
    // Halves of surrogate pairs have no place in an address.
    if (/\p{Cs}/u.test(text)) throw new MeshError('invalid_request', `The value for ${name} is not valid Unicode.`);
    return encodeURIComponent(text);
  });
}

async function send(client: ClientOptions, request: Request): Promise<Response> {
  try {
    return await (client.fetch ?? fetch)(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new MeshError('unavailable', `The platform at ${client.baseUrl} does not answer.`, { cause: error });
  }
}

async function toError(response: Response): Promise<MeshError> {
  const problem = (await response.json().catch(() => undefined)) as Partial<Problem> | undefined;
  if (problem === undefined || !isErrorCode(problem.code)) {
    return new MeshError(
      'upstream_failed',
      `The platform answered ${String(response.status)} without a problem document.`,
    );
  }
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
  return errorOf({ ...problem, code: problem.code }, Number.isFinite(retryAfter) ? retryAfter : undefined);
}

/** A problem of the platform as the error that a client throws. */
export function errorOf(problem: Partial<Problem> & Pick<Problem, 'code'>, retryAfterSeconds?: number): MeshError {
  return new MeshError(problem.code, problem.detail ?? '', {
    ...(problem.issues === undefined ? {} : { issues: problem.issues }),
    ...(problem.limit === undefined ? {} : { limit: problem.limit }),
    ...(problem.denial === undefined ? {} : { denial: problem.denial }),
    ...(problem.data === undefined ? {} : { data: problem.data }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    throw new MeshError('upstream_failed', 'The platform answered with something that is not JSON.', { cause: error });
  }
}
