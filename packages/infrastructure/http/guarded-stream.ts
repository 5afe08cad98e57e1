import type { Readable } from 'node:stream';
import { MeshError } from '@devmesh/foundation';
import { startDeadline, type Deadline } from './deadline.ts';
import { collect, decodedBody, discard, tooLarge } from './decoded-body.ts';
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
  const limits = limitsOf(request);
  const deadline = startDeadline(limits.timeoutMilliseconds, request.signal);
  try {
    const arrival = await travel(guard, {
      first,
      tenantId: request.tenantId,
      clientCertificate: request.clientCertificate,
      maximumRedirects: limits.maximumRedirects,
      deadline,
      bodyTimeout: limits.idleMilliseconds,
    });
    deadline.restart(limits.lifetimeMilliseconds);
    return present(arrival, { life: deadline, signal: request.signal, maximumBytes: limits.maximumBytes });
  } catch (error) {
    deadline.release();
    throw failureOf(error, { target: shownUrl(first.url), expired: deadline.expired(), signal: request.signal });
  }
}

/** The limits that a request names, and the others. */
function limitsOf(request: GuardedStreamRequest): Readonly<Record<keyof typeof defaults, number>> {
  return {
    timeoutMilliseconds: request.timeoutMilliseconds ?? defaults.timeoutMilliseconds,
    idleMilliseconds: request.idleMilliseconds ?? defaults.idleMilliseconds,
    lifetimeMilliseconds: request.lifetimeMilliseconds ?? defaults.lifetimeMilliseconds,
    maximumBytes: request.maximumBytes ?? defaults.maximumBytes,
    maximumRedirects: request.maximumRedirects ?? defaults.maximumRedirects,
  };
}

interface Presenting {
  readonly life: Deadline;
  readonly signal: AbortSignal | undefined;
  readonly maximumBytes: number;
}

function present({ hop, answer }: Arrival, { life, signal, maximumBytes }: Presenting): GuardedStreamResponse {
  const sender = shownUrl(hop.url);
  const bodiless = hop.method === 'HEAD' || answer.statusCode === 204 || answer.statusCode === 304;
  const contentEncoding = bodiless ? undefined : single(answer.headers['content-encoding']);
  const stream =
    contentEncoding === undefined
      ? answer.body
      : decodedBody({ stream: answer.body, contentEncoding, contentLength: undefined, maximumBytes, sender });
  // Whoever reads it hears of it as well.
  stream.on('error', () => undefined);
  const failure = (error: unknown): unknown => failureOf(error, { target: sender, expired: life.expired(), signal });
  return new StreamedAnswer({ hop, answer, bodiless, streaming: { life, failure, maximumBytes, sender }, stream });
}

interface StreamedParts extends Arrival {
  readonly bodiless: boolean;
  readonly stream: Readable;
  readonly streaming: Streaming;
}

/** A class, so that all answers have one shape: what reads each of them is compiled for that. */
class StreamedAnswer implements GuardedStreamResponse {
  readonly status: number;
  readonly url: string;
  readonly header: GuardedStreamResponse['header'];
  readonly whole: GuardedStreamResponse['whole'];
  readonly #parts: StreamedParts;
  #body: ReadableStream<Uint8Array> | undefined;

  constructor(parts: StreamedParts) {
    const { answer, hop, stream, streaming } = parts;
    this.#parts = parts;
    this.status = answer.statusCode;
    this.url = hop.url.href;
    this.header = (name) => single(answer.headers[name]);
    this.whole = async () => {
      try {
        return await collect(stream, streaming);
      } catch (error) {
        throw streaming.failure(error);
      } finally {
        streaming.life.release();
      }
    };
  }

  get headers(): Headers {
    return responseHeaders(this.#parts.answer.headers, this.#parts.bodiless);
  }

  get body(): ReadableStream<Uint8Array> {
    return (this.#body ??= streamOf(this.#parts.stream, this.#parts.streaming));
  }
}

interface Streaming {
  readonly life: Deadline;
  readonly failure: (error: unknown) => unknown;
  readonly maximumBytes: number;
  readonly sender: string;
}

/** A stream of the web, which reads as it is read. */
function streamOf(stream: Readable, { life, failure, maximumBytes, sender }: Streaming): ReadableStream<Uint8Array> {
  const pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  let seen = 0;
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const next = await pieces.next();
    if (next.done === true) {
      life.release();
      controller.close();
      return;
    }
    seen += next.value.byteLength;
    if (seen <= maximumBytes) {
      controller.enqueue(next.value);
      return;
    }
    discard(stream);
    throw tooLarge({ maximumBytes, sender });
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          await pull(controller);
        } catch (error) {
          life.release();
          controller.error(failure(error));
        }
      },
      cancel: () => {
        life.release();
        discard(stream);
      },
    },
    { highWaterMark: 0 },
  );
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
