import { MeshError, toMeshError, type Telemetry } from '@devmesh/foundation';
import { problemResponse } from './problem.ts';
import { withSecurityHeaders } from './security-headers.ts';

interface RequestHandlerOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly telemetry: Telemetry;
  /** Aborts when the server stops; event streams then end. */
  readonly stopping: AbortSignal;
  /** Throws where the `Host` header names somebody else. */
  readonly checkHost: (host: string | undefined) => void;
  /** Whether people reach the service over TLS. */
  readonly https: boolean;
}

/** Wraps an application for a server: a span and a duration for each request, problem+json for what it throws. */
export function createRequestHandler(options: RequestHandlerOptions): (request: Request) => Promise<Response> {
  return (request) => {
    const { tracer } = options.telemetry;
    const attributes = { 'http.request.method': request.method, 'url.path': new URL(request.url).pathname };
    const parent = request.headers.get('traceparent') ?? undefined;
    return tracer.span(`HTTP ${request.method}`, { parent, attributes }, () => answer(options, request));
  };
}

async function answer(options: RequestHandlerOptions, request: Request): Promise<Response> {
  const { metrics, tracer } = options.telemetry;
  const startedAt = performance.now();
  const response = await attempt(options, request);
  const status = response.status;
  tracer.annotate({
    'http.response.status_code': status,
    ...(status >= 500 ? { 'error.type': String(status) } : {}),
  });
  metrics.time('http.server.request.duration', (performance.now() - startedAt) / 1000, {
    'http.request.method': knownMethod(request.method),
    'http.response.status_code': String(status),
  });
  return withSecurityHeaders(endedOnStop(response, options.stopping), options);
}

async function attempt(options: RequestHandlerOptions, request: Request): Promise<Response> {
  try {
    options.checkHost(request.headers.get('host') ?? undefined);
    return await options.fetch(request);
  } catch (error) {
    const { log, tracer } = options.telemetry;
    const known = toMeshError(error);
    const response = problemResponse(known, { traceId: tracer.traceId() });
    if (response.status >= 500) log.error('a request failed', error, { 'error.code': known.code });
    return response;
  }
}

const methods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** A metric label that a client cannot make grow. */
function knownMethod(method: string): string {
  return methods.has(method) ? method : '_OTHER';
}

/** Gives an event stream, which has no end of its own, a clean one when the server stops. */
function endedOnStop(response: Response, stopping: AbortSignal): Response {
  const type = response.headers.get('content-type') ?? '';
  // In this order: a body that nobody looks at is sent without becoming a stream.
  if (!type.startsWith('text/event-stream') || response.body === null) return response;
  const finished = new AbortController();
  const ending = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      const end = (): void => {
        controller.terminate();
      };
      if (stopping.aborted) end();
      stopping.addEventListener('abort', end, { once: true, signal: finished.signal });
    },
  });
  const release = (): void => {
    finished.abort();
  };
  // A stream that breaks has told its reader already; only the listener is left to release.
  response.body.pipeTo(ending.writable).then(release, release);
  return new Response(ending.readable, response);
}

/** The answer to a request that is not even HTTP enough to become a `Request`. */
export function refuseRequest(error: unknown): Response {
  return problemResponse(
    new MeshError('invalid_request', 'The request line or the Host header is not valid.', { cause: error }),
  );
}
