import { errorTable, toProblem, type MeshError } from '@devmesh/foundation';

interface ProblemOptions {
  /** Lets an operator find the request. */
  readonly traceId?: string | undefined;
  /** The `WWW-Authenticate` of a 401; a plain Bearer challenge by default. */
  readonly challenge?: string;
}

/** The HTTP answer for an error: problem+json with Retry-After where waiting helps and a challenge on 401. */
export function problemResponse(error: MeshError, options: ProblemOptions = {}): Response {
  const problem = toProblem(error, options.traceId);
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  const retryAfter = retryAfterOf(error);
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  if (problem.status === 401) headers.set('www-authenticate', options.challenge ?? 'Bearer realm="devmesh"');
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}

/** Whole seconds until it is worth another try; undefined where waiting does not help. */
export function retryAfterOf({ code, retryAfterSeconds }: MeshError): number | undefined {
  const seconds = retryAfterSeconds ?? (waitingHelps.has(errorTable[code].status) ? 1 : undefined);
  return seconds === undefined ? undefined : Math.max(1, Math.ceil(seconds));
}

/** Their sentences point at Retry-After, so they always carry it. */
const waitingHelps: ReadonlySet<number> = new Set([429, 503]);
