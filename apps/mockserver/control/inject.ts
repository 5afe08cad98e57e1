import type { Clock } from '@devmesh/foundation';
import type { MiddlewareHandler } from 'hono';
import type { Fault, Faults } from './faults.ts';

interface InjectOptions {
  readonly faults: Faults;
  readonly clock: Clock;
  /** Ends waiting answers when the server stops. */
  readonly stopping: AbortSignal;
}

/** Makes answers fail, wait or break as ordered. */
export function injectFaults({ faults, clock, stopping }: InjectOptions): MiddlewareHandler {
  return async function inject(c, next) {
    const fault = faults.take(c.req.method, c.req.path);
    if (fault === undefined) {
      await next();
      return;
    }
    if (fault.delayMilliseconds > 0) await clock.sleep(fault.delayMilliseconds, stopping);
    if (fault.status === undefined) await next();
    const answer = fault.status === undefined ? c.res : failure(fault.status);
    // Hono merges headers into a response that is set already.
    c.res = undefined;
    c.res = await altered(answer, fault);
  };
}

function failure(status: number): Response {
  if (status === 304) return new Response(null, { status });
  const body = { type: 'about:blank', title: 'An ordered fault', status, detail: 'A test asked for this answer.' };
  return Response.json(body, { status, headers: { 'content-type': 'application/problem+json' } });
}

async function altered(answer: Response, fault: Fault): Promise<Response> {
  const headers = new Headers(answer.headers);
  for (const [name, value] of Object.entries(fault.headers)) headers.set(name, value);
  const init = { status: answer.status, headers };
  if (fault.truncate === undefined || answer.body === null) return new Response(answer.body, init);
  const body = new Uint8Array(await answer.arrayBuffer());
  headers.set('content-length', String(body.length));
  return new Response(breakingAfter(body.subarray(0, fault.truncate)), init);
}

function breakingAfter(part: Uint8Array): ReadableStream<Uint8Array> {
  let sent = part.length === 0;
  return new ReadableStream({
    pull: (controller) => {
      if (sent) controller.error(new Error('The connection breaks here, as ordered.'));
      else controller.enqueue(part);
      sent = true;
    },
  });
}
