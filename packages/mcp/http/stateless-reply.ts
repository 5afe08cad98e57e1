import { errorTable } from '@devmesh/foundation';
import type { StatelessAnswer } from '../stateless/stateless.ts';
import { jsonAnswer, streamAnswer } from './answers.ts';
import { createEventStream, type EventStream } from './event-stream.ts';
import { accepts, eventStream, json } from './negotiation.ts';

/** The answer to one request: an object, or events from the first thing on that comes before the end. */
export interface Reply {
  readonly response: Promise<Response>;
  /** Aborts when the client closes its stream or its connection. */
  readonly signal: AbortSignal;
  /** Sends what comes before the end; dropped where the client takes no events. */
  send(text: string): void;
  finish(answer: StatelessAnswer): void;
  keepAlive(): void;
}

/** Bytes waiting for a reader before it is cut off. */
const maximumBufferedBytes = 8 * 1024 * 1024;

/** Refusals that the revision gives a status of their own; all others are answers to a request that arrived well. */
const refusals: ReadonlySet<string> = new Set([
  'invalid_request',
  'header_mismatch',
  'capability_missing',
  'unsupported_protocol',
  'method_not_found',
]);

/** Begins an answer. After `quietMilliseconds` it becomes a stream, so that proxies see life and the client's leaving shows. */
export function createReply(request: Request, quietMilliseconds: number): Reply {
  const cut = new AbortController();
  const mayStream = accepts(request, eventStream);
  let stream: EventStream | undefined;
  let respond: (response: Response) => void = () => undefined;
  const response = new Promise<Response>((resolve) => {
    respond = resolve;
  });
  const open = (): EventStream => {
    if (stream !== undefined) return stream;
    const onEnd = (): void => {
      cut.abort();
    };
    stream = createEventStream({ maximumBufferedBytes, onEnd });
    respond(streamAnswer(stream.body));
    return stream;
  };
  const quiet = setTimeout(() => mayStream && open(), quietMilliseconds).unref();
  return {
    response,
    signal: AbortSignal.any([request.signal, cut.signal]),
    send: (text) => {
      if (mayStream) open().event(undefined, text);
    },
    finish: (answer) => {
      clearTimeout(quiet);
      if (stream === undefined && accepts(request, json)) {
        respond(asObject(answer));
        return;
      }
      open().event(undefined, answer.text);
      stream?.end();
    },
    keepAlive: () => stream?.comment('keep-alive'),
  };
}

function asObject({ text, error }: StatelessAnswer): Response {
  if (error === undefined || !refusals.has(error.code)) return jsonAnswer(text);
  return new Response(text, { status: errorTable[error.code].status, headers: { 'content-type': json } });
}
