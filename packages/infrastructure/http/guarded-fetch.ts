import { MeshError, type Telemetry } from '@devmesh/foundation';
import { createAgents } from './agents.ts';
import { createAllowList, createOrganizationAllowLists } from './allow-list.ts';
import { systemResolve, type Resolve } from './checked-connect.ts';
import { startDeadline } from './deadline.ts';
import { readDecodedBody } from './decoded-body.ts';
import { single, travel, type Arrival, type Guard } from './exchange.ts';
import type { GuardedFetch, GuardedRequest, GuardedResponse, Outbound } from './guard.ts';
import { createGuardedSocket } from './guarded-socket.ts';
import { openGuardedStream } from './guarded-stream.ts';
import { measuredRequest } from './measured-request.ts';
import { outboundFailure } from './outbound-failure.ts';
import { outboundHeaders, outboundMethod, responseHeaders } from './outbound-headers.ts';
import { parseOutboundUrl, shownUrl } from './outbound-url.ts';
import type { Hop } from './redirect.ts';

interface GuardedFetchOptions {
  /** Hosts that may be reached although private: `host`, `host:port`, `*.suffix`. */
  readonly allowHosts: readonly string[];
  /** The same for single organizations: `<organization id>=host`. */
  readonly organizationAllowHosts?: readonly string[];
  readonly telemetry: Telemetry;
  /** Turns names into addresses; the machine's resolver by default. */
  readonly resolve?: Resolve;
}

/** The guarded fetch of a process, with its pools of connections. */
export type ClosableGuardedFetch = Outbound & {
  /** Cuts all connections; later requests fail with `unavailable`. */
  close(): Promise<void>;
};

const defaults = { timeoutMilliseconds: 30_000, maximumBytes: 10 * 1024 * 1024, maximumRedirects: 5 } as const;

/** Builds the guarded fetch; connections are pooled and kept alive until `close()`. */
export function createGuardedFetch(options: GuardedFetchOptions): ClosableGuardedFetch {
  const { telemetry, resolve = systemResolve } = options;
  const everybody = createAllowList(options.allowHosts);
  const lists = { everybody, of: createOrganizationAllowLists(options.organizationAllowHosts ?? []) };
  const agents = createAgents({ lists, resolve });
  const guard: Guard = { agents, telemetry };
  const guardedFetch: GuardedFetch = (url, request = {}) => fetchWhole(guard, url, request);
  return Object.assign(guardedFetch, {
    stream: (url: string, request = {}) => openGuardedStream(guard, url, request),
    socket: createGuardedSocket({ agents, resolve }),
    close: () => agents.destroy(),
  } satisfies Omit<ClosableGuardedFetch, keyof GuardedFetch>);
}

async function fetchWhole(guard: Guard, text: string, request: GuardedRequest): Promise<GuardedResponse> {
  const url = parseOutboundUrl(text);
  const method = outboundMethod(request.method);
  const { body, secrets = [] } = request;
  return measuredRequest(guard.telemetry, { url, method }, () =>
    send(guard, { url, method, headers: {}, body, secrets }, request),
  );
}

async function send(guard: Guard, first: Hop, request: GuardedRequest): Promise<GuardedResponse> {
  request.signal?.throwIfAborted();
  const timeoutMilliseconds = request.timeoutMilliseconds ?? defaults.timeoutMilliseconds;
  const deadline = startDeadline(timeoutMilliseconds, request.signal);
  try {
    const arrival = await travel(guard, {
      first: { ...first, headers: outboundHeaders(request.headers ?? {}) },
      tenantId: request.tenantId,
      clientCertificate: request.clientCertificate,
      maximumRedirects: request.maximumRedirects ?? defaults.maximumRedirects,
      deadline,
      bodyTimeout: timeoutMilliseconds,
    });
    return await read(arrival, request.maximumBytes ?? defaults.maximumBytes);
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

async function read({ hop, answer }: Arrival, maximumBytes: number): Promise<GuardedResponse> {
  const status = answer.statusCode;
  const bodiless = hop.method === 'HEAD' || status === 204 || status === 304;
  const body = await readDecodedBody({
    stream: answer.body,
    contentEncoding: bodiless ? undefined : single(answer.headers['content-encoding']),
    contentLength: bodiless ? undefined : single(answer.headers['content-length']),
    maximumBytes,
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
