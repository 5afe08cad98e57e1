import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Dispatcher } from 'undici';
import type { Agents } from './agents.ts';
import type { Deadline } from './deadline.ts';
import { discard } from './decoded-body.ts';
import type { ClientCertificate } from './guard.ts';
import { shownUrl } from './outbound-url.ts';
import { nextHop, type Hop } from './redirect.ts';

/** What every request of a process goes out through. */
export interface Guard {
  readonly agents: Agents;
  readonly telemetry: Telemetry;
}

/** One request and the redirects that it may follow. */
export interface Journey {
  readonly first: Hop;
  readonly tenantId: string | undefined;
  readonly clientCertificate: ClientCertificate | undefined;
  readonly maximumRedirects: number;
  readonly deadline: Deadline;
  /** Milliseconds that the body may stand still; 0 for no limit beside the deadline. */
  readonly bodyTimeout: number;
}

/** The last hop of a journey, and the head of what it answered. */
export interface Arrival {
  readonly hop: Hop;
  readonly answer: Dispatcher.ResponseData;
}

const discardedBytes = 65_536;
const mostHeaders = 256;

/** Sends a request and follows its redirects, each checked like the first. */
export async function travel(guard: Guard, journey: Journey): Promise<Arrival> {
  const { first, maximumRedirects, deadline } = journey;
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange(guard, journey, hop);
    const next = judged(answer, () => {
      checkHeaders(hop, answer);
      return maximumRedirects === 0 ? undefined : nextHop(hop, answer.statusCode, single(answer.headers['location']));
    });
    if (next === undefined) return { hop, answer };
    await answer.body.dump({ limit: discardedBytes, signal: deadline.signal });
    if (redirects >= maximumRedirects) {
      const limit = String(maximumRedirects);
      throw new MeshError('upstream_failed', `${shownUrl(first.url)} redirects more than ${limit} times.`);
    }
    hop = next;
  }
}

/** What a judgement of an answer gives; the answer is given up where it throws. */
function judged<Result>(answer: Dispatcher.ResponseData, judge: () => Result): Result {
  try {
    return judge();
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

function checkHeaders(hop: Hop, { headers }: Dispatcher.ResponseData): void {
  const count = Object.values(headers).reduce((sum, value) => sum + (Array.isArray(value) ? value.length : 1), 0);
  if (count > mostHeaders) throw new MeshError('too_large', `${shownUrl(hop.url)} answered with too many headers.`);
}

async function exchange(guard: Guard, journey: Journey, hop: Hop): Promise<Dispatcher.ResponseData> {
  const { first, tenantId, deadline, bodyTimeout } = journey;
  const home = hop.url.origin === first.url.origin;
  const clientCertificate = home ? journey.clientCertificate : undefined;
  const answering = guard.agents.of({ url: hop.url, tenantId, clientCertificate }).request({
    origin: hop.url.origin,
    path: `${hop.url.pathname}${hop.url.search}`,
    method: hop.method,
    headers: { ...hop.headers, ...(guard.agents.allows(hop.url, tenantId) ? traceHeaders(guard.telemetry) : {}) },
    body: hop.body ?? null,
    signal: deadline.signal,
    headersTimeout: 0,
    bodyTimeout,
  });
  return deadline.race(answering);
}

/** Only servers that the operator named learn our trace ids. */
function traceHeaders(telemetry: Telemetry): Readonly<Record<string, string>> {
  const traceparent = telemetry.tracer.traceparent();
  return traceparent === undefined ? {} : { traceparent };
}

/** Values of a header that came more than once, as one. */
export function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(',');
}
