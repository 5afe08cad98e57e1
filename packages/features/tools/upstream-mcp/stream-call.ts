import type { CallExchangeRequest } from '@devmesh/api';
import { MeshError, toMeshError, toProblem } from '@devmesh/foundation';
import type { Principal } from '../../identity/index.ts';
import type { CallResult } from '../calling/present-answer.ts';
import type { CallDesk } from './call-desk.ts';
import type { CallExchange } from './exchange.ts';

interface StreamCall {
  readonly principal: Principal;
  readonly desk: CallDesk;
  readonly newId: () => string;
  readonly exchange: CallExchangeRequest;
  /** Of the request: it aborts when the client goes away before anything was answered. */
  readonly signal: AbortSignal;
  readonly call: (exchange: CallExchange, signal: AbortSignal) => Promise<CallResult>;
}

/** Comment lines this often keep proxies from closing a stream on which nothing happens. */
const keepAliveMilliseconds = 15_000;
/** Bytes that wait for a client that does not read, above which its call ends. */
const mostBuffered = 16 * 1024 * 1024;

/**
 * Makes a call whose client hears what goes on meanwhile. It is answered as a stream of events from the first thing on that
 * there is to tell; where the result comes first, it is the answer itself. A client that goes away ends the call.
 */
export async function streamCall(streamed: StreamCall): Promise<CallResult | Response> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  streamed.signal.addEventListener('abort', end, { once: true });
  if (streamed.signal.aborted) end();
  const outlet = createOutlet(end);
  const exchange = exchangeOf(streamed, outlet);
  const calling = streamed.call(exchange, ending.signal);
  const first = await Promise.race([outlet.begun.then(() => undefined), calling]);
  if (first !== undefined) return first;
  calling.then(
    (result) => outlet.finish('result', result),
    (error: unknown) => outlet.finish('error', toProblem(toMeshError(error))),
  );
  return new Response(outlet.body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
  });
}

function exchangeOf({ principal, desk, newId, exchange }: StreamCall, outlet: Outlet): CallExchange {
  const callId = newId();
  let asked = 0;
  return {
    declared: exchange.capabilities,
    logLevel: exchange.logLevel,
    progress: (progress) => outlet.event('progress', progress),
    log: (message) => outlet.event('log', message),
    elicited: (elicitationId) => outlet.event('elicited', { elicitationId }),
    ask: async (method, params, signal) => {
      asked += 1;
      const requestId = String(asked);
      const { answered } = await desk.put({ principal, callId, requestId, signal });
      outlet.event('request', { callId, id: requestId, method, params });
      const answer = await answered;
      if ('result' in answer) return { ...answer.result };
      throw new MeshError('upstream_failed', `The client refused: ${answer.error.message}`);
    },
  };
}

interface Outlet {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves with the first event. */
  readonly begun: Promise<void>;
  event(name: string, data: unknown): void;
  finish(name: string, data: unknown): void;
}

function createOutlet(onCancel: () => void): Outlet {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const timer = setInterval(() => write(': alive\n\n'), keepAliveMilliseconds);
  timer.unref();
  const close = (): void => {
    clearInterval(timer);
    controller = undefined;
  };
  const write = (text: string): void => {
    if (controller === undefined) return;
    controller.enqueue(encoder.encode(text));
    if ((controller.desiredSize ?? 0) >= 0) return;
    controller.error(new Error('The client does not read its events.'));
    close();
    onCancel();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      start: (opened) => {
        controller = opened;
      },
      cancel: () => {
        close();
        onCancel();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: mostBuffered }),
  );
  const event = (name: string, data: unknown): void => {
    write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
    begin();
  };
  return {
    body,
    begun,
    event,
    finish: (name, data) => {
      event(name, data);
      const open = controller;
      close();
      open?.close();
    },
  };
}
