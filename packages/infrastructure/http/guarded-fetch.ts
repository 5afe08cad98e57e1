import { MeshError, type Telemetry } from '@devmesh/foundation';
import { Agent, type Dispatcher } from 'undici';
import { createAllowList, type AllowList } from './allow-list.ts';
import { createCheckedConnect, systemResolve, type Resolve } from './checked-connect.ts';
import { startDeadline, type Deadline } from './deadline.ts';
import { discard, readDecodedBody } from './decoded-body.ts';
import type { GuardedFetch, GuardedRequest, GuardedResponse } from './guard.ts';
import { outboundFailure } from './outbound-failure.ts';
import { parseOutboundUrl, portOfUrl, shownUrl } from './outbound-url.ts';
import { nextHop, type Hop } from './redirect.ts';
import { outboundHeaders, outboundMethod, responseHeaders } from './outbound-headers.ts';

interface GuardedFetchOptions {
  /** Hosts that may be reached although private: `host`, `host:port`, `*.suffix`. */
  readonly allowHosts: readonly string[];
  readonly telemetry: Telemetry;
  /** Turns names into addresses; the machine's resolver by default. */
  readonly resolve?: Resolve;
}

/** The guarded fetch of a process, with its pool of connections. */
export type ClosableGuardedFetch = GuardedFetch & {
  /** Cuts all connections; later requests fail with `unavailable`. */
  close(): Promise<void>;
};

const defaults = { timeoutMilliseconds: 30_000, maximumBytes: 10 * 1024 * 1024, maximumRedirects: 5 } as const;
const connectTimeoutMilliseconds = 10_000;
const discardedBytes = 65_536;

interface Guard {
  readonly allowed: AllowList;
  readonly agent: Agent;
  readonly telemetry: Telemetry;
}

/** What one whole request, redirects included, may spend. */
interface Budget {
  readonly deadline: Deadline;
  readonly timeoutMilliseconds: number;
  readonly maximumBytes: number;
}

/** Builds the guarded fetch; connections are pooled and kept alive until `close()`. */
export function createGuardedFetch(options: GuardedFetchOptions): ClosableGuardedFetch {
  const allowed = createAllowList(options.allowHosts);
  const connect = createCheckedConnect({
    allowed,
    resolve: options.resolve ?? systemResolve,
    connectTimeoutMilliseconds,
  });
  const guard: Guard = { allowed, agent: new Agent({ connect }), telemetry: options.telemetry };
  const guardedFetch: GuardedFetch = (url, request = {}) => measured(guard, url, request);
  return Object.assign(guardedFetch, { close: () => guard.agent.destroy() });
}

async function measured(guard: Guard, text: string, request: GuardedRequest): Promise<GuardedResponse> {
  const { metrics, tracer } = guard.telemetry;
  const url = parseOutboundUrl(text);
  const method = outboundMethod(request.method);
  const attributes = {
    'http.request.method': method,
    'server.address': url.hostname,
    'server.port': portOfUrl(url),
    'url.full': shownUrl(url),
  };
  const startedAt = performance.now();
  let outcome = 'internal';
  try {
    return await tracer.span(`HTTP ${method}`, { attributes }, async () => {
      const response = await send(guard, { url, method, headers: {}, body: request.body }, request);
      outcome = String(response.status);
      tracer.annotate({ 'http.response.status_code': response.status });
      return response;
    });
  } catch (error) {
    outcome = error instanceof MeshError ? error.code : 'cancelled';
    throw error;
  } finally {
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.time('http.client.request.duration', seconds, { 'http.request.method': method, outcome });
  }
}

async function send(guard: Guard, first: Hop, request: GuardedRequest): Promise<GuardedResponse> {
  request.signal?.throwIfAborted();
  const timeoutMilliseconds = request.timeoutMilliseconds ?? defaults.timeoutMilliseconds;
  const deadline = startDeadline(timeoutMilliseconds, request.signal);
  const budget = { deadline, timeoutMilliseconds, maximumBytes: request.maximumBytes ?? defaults.maximumBytes };
  try {
    const hop = { ...first, headers: outboundHeaders(request.headers ?? {}) };
    return await follow(guard, hop, budget, request.maximumRedirects ?? defaults.maximumRedirects);
  } catch (error) {
    request.signal?.throwIfAborted();
    const target = shownUrl(first.url);
    if (deadline.expired()) {
      const limit = String(timeoutMilliseconds);
      throw new MeshError('upstream_timeout', `${target} did not answer within ${limit} ms.`, { cause: error });
    }
    throw outboundFailure(error, target);
  } finally {
    deadline.release();
  }
}

async function follow(guard: Guard, first: Hop, budget: Budget, maximumRedirects: number): Promise<GuardedResponse> {
  let hop = first;
  for (let redirects = 0; ; redirects += 1) {
    const answer = await exchange(guard, hop, budget);
    const next = maximumRedirects === 0 ? undefined : nextHopOf(hop, answer);
    if (next === undefined) return read(hop, answer, budget);
    await answer.body.dump({ limit: discardedBytes, signal: budget.deadline.signal });
    if (redirects >= maximumRedirects) {
      const limit = String(maximumRedirects);
      throw new MeshError('upstream_failed', `${shownUrl(first.url)} redirects more than ${limit} times.`);
    }
    hop = next;
  }
}

function nextHopOf(hop: Hop, answer: Dispatcher.ResponseData): Hop | undefined {
  try {
    return nextHop(hop, answer.statusCode, single(answer.headers['location']));
  } catch (error) {
    discard(answer.body);
    throw error;
  }
}

async function exchange(guard: Guard, hop: Hop, budget: Budget): Promise<Dispatcher.ResponseData> {
  const allowed = guard.allowed(hop.url.hostname, portOfUrl(hop.url));
  const answering = guard.agent.request({
    origin: hop.url.origin,
    path: `${hop.url.pathname}${hop.url.search}`,
    method: hop.method,
    headers: { ...hop.headers, ...(allowed ? traceHeaders(guard.telemetry) : {}) },
    body: hop.body ?? null,
    signal: budget.deadline.signal,
    headersTimeout: budget.timeoutMilliseconds,
    bodyTimeout: budget.timeoutMilliseconds,
  });
  return budget.deadline.race(answering);
}

/** Only servers that the operator named learn our trace ids. */
function traceHeaders(telemetry: Telemetry): Readonly<Record<string, string>> {
  const traceparent = telemetry.tracer.traceparent();
  return traceparent === undefined ? {} : { traceparent };
}

async function read(hop: Hop, answer: Dispatcher.ResponseData, budget: Budget): Promise<GuardedResponse> {
  const status = answer.statusCode;
  const bodiless = hop.method === 'HEAD' || status === 204 || status === 304;
  const body = await readDecodedBody({
    stream: answer.body,
    contentEncoding: bodiless ? undefined : single(answer.headers['content-encoding']),
    contentLength: bodiless ? undefined : single(answer.headers['content-length']),
    maximumBytes: budget.maximumBytes,
    sender: shownUrl(hop.url),
  });
  return {
    status,
    headers: responseHeaders(answer.headers, bodiless),
    url: hop.url.href,
    body,
    text: () => new TextDecoder().decode(body),
  };
}

function single(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.join(',');
}
