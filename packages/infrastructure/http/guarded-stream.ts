import { MeshError } from '@devmesh/foundation';
import { startDeadline, type Deadline } from './deadline.ts';
import { decodedBody, discard } from './decoded-body.ts';
import { single, travel, type Arrival, type Guard } from './exchange.ts';
import type { GuardedStreamRequest, GuardedStreamResponse } from './guard.ts';
import { measuredRequest } from './measured-request.ts';
import { outboundFailure } from './outbound-failure.ts';
import { outboundHeaders, outboundMethod, responseHeaders } from './outbound-headers.ts';
import { parseOutboundUrl, shownUrl } from './outbound-url.ts';
import type { Hop } from './redirect.ts';

const defaults = {
  timeoutMilliseconds: 30_000,
  idleMilliseconds: 300_000,
  lifetimeMilliseconds: 3_600_000,
  maximumBytes: 64 * 1024 * 1024,
  maximumRedirects: 5,
} as const;

/** Sends a request under the checks of the guarded fetch and gives its answer while it comes. */
export async function openGuardedStream(
  guard: Guard,
  text: string,
  request: GuardedStreamRequest,
): Promise<GuardedStreamResponse> {
  const url = parseOutboundUrl(text);
  const method = outboundMethod(request.method);
  // What is not encoded arrives piece by piece, as it was sent.
  const headers = outboundHeaders({ 'accept-encoding': 'identity', ...request.headers });
  const first = { url, method, headers, body: request.body, secrets: request.secrets ?? [] };
  return measuredRequest(guard.telemetry, { url, method }, () => open(guard, first, request));
}

async function open(guard: Guard, first: Hop, request: GuardedStreamRequest): Promise<GuardedStreamResponse> {
  request.signal?.throwIfAborted();
  const limits = { ...defaults, ...definedOf(request) };
  const cut = new AbortController();
  const outer = request.signal === undefined ? cut.signal : AbortSignal.any([cut.signal, request.signal]);
  const life = startDeadline(limits.lifetimeMilliseconds, outer);
  const head = startDeadline(limits.timeoutMilliseconds, life.signal);
  const journey = {
    first,
    tenantId: request.tenantId,
    clientCertificate: request.clientCertificate,
    maximumRedirects: limits.maximumRedirects,
    deadline: life,
    bodyTimeout: limits.idleMilliseconds,
  };
  try {
    const arrival = await head.race(travel(guard, journey));
    return present(arrival, { life, signal: request.signal, maximumBytes: limits.maximumBytes });
  } catch (error) {
    cut.abort();
    life.release();
    throw failureOf(error, { target: shownUrl(first.url), expired: head.expired(), signal: request.signal });
  } finally {
    head.release();
  }
}

/** The limits that a request names. */
function definedOf(request: GuardedStreamRequest): Partial<Record<keyof typeof defaults, number>> {
  const names = Object.keys(defaults) as (keyof typeof defaults)[];
  return Object.fromEntries(names.filter((name) => request[name] !== undefined).map((name) => [name, request[name]]));
}

interface Presenting {
  readonly life: Deadline;
  readonly signal: AbortSignal | undefined;
  readonly maximumBytes: number;
}

function present({ hop, answer }: Arrival, { life, signal, maximumBytes }: Presenting): GuardedStreamResponse {
  const target = shownUrl(hop.url);
  const bodiless = hop.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304;
  const decoded = decodedBody({
    stream: answer.body,
    contentEncoding: bodiless ? undefined : single(answer.headers['content-encoding']),
    // The bytes are counted as they come: an announcement of more than is read hurts nobody.
    contentLength: undefined,
    maximumBytes,
    sender: target,
  });
  const pieces = decoded[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const body = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          const next = await pieces.next();
          if (next.done !== true) {
            controller.enqueue(next.value);
            return;
          }
          life.release();
          controller.close();
        } catch (error) {
          life.release();
          controller.error(failureOf(error, { target, expired: life.expired(), signal }));
        }
      },
      cancel: () => {
        life.release();
        discard(decoded);
      },
    },
    { highWaterMark: 0 },
  );
  return {
    status: answer.statusCode,
    headers: responseHeaders(answer.headers, bodiless),
    url: hop.url.href,
    body,
  };
}

interface Circumstances {
  readonly target: string;
  /** Whether a limit of ours ended it. */
  readonly expired: boolean;
  readonly signal: AbortSignal | undefined;
}

/** The caller's own reason, a time limit, or what went wrong outside. */
function failureOf(error: unknown, { target, expired, signal }: Circumstances): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (!expired) return outboundFailure(error, target);
  return new MeshError('upstream_timeout', `${target} took longer than it may.`, { cause: error });
}
