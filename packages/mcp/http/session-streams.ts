import { MeshError } from '@devmesh/foundation';
import type { RequestId } from '../message.ts';
import { createEventLog, parseEventId } from './event-log.ts';
import type { EventStream } from './event-stream.ts';
import { createOutlet, type Outlet } from './outlet.ts';

/** The event streams of one session: one of its own, and one for each request that is answered by a stream. */
export interface SessionStreams {
  /** Streams that somebody reads. */
  readonly live: number;
  /** Whether that request is being answered by a stream. */
  has(requestId: RequestId): boolean;
  /** Delivers a message on the stream of its request, else on the session's; without a reader it waits, within bounds. */
  publish(text: string, requestId?: RequestId): void;
  /** Opens the stream that answers a request. */
  openForRequest(requestId: RequestId, primed: boolean): ReadableStream<Uint8Array>;
  /** Writes the response, where there is one, and ends the request's stream. */
  finishRequest(requestId: RequestId, response: string | undefined): void;
  /** Opens the session's own stream, which takes over from an earlier reader. */
  openForSession(): ReadableStream<Uint8Array>;
  /** Goes on after an event of any stream; throws `invalid_request` for an id that was never given. */
  resume(lastEventId: string): ReadableStream<Uint8Array>;
  keepAlive(): void;
  /** Ends the session's own stream; those of requests end with their answers. */
  end(): void;
}

interface StreamLimits {
  /** Events and bytes remembered for resumption. */
  readonly events: number;
  readonly bytes: number;
  /** Bytes waiting for a reader before it is cut off. */
  readonly bufferedBytes: number;
}

/** What a session remembers unless told. */
export const defaultStreamLimits: StreamLimits = { events: 128, bytes: 256 * 1024, bufferedBytes: 8 * 1024 * 1024 };

/** Creates the streams of one session. */
export function createSessionStreams(limits: StreamLimits): SessionStreams {
  const log = createEventLog(limits);
  const readers = new Set<EventStream>();
  const outlet = (id: string): Outlet => createOutlet({ id, log, readers, maximumBufferedBytes: limits.bufferedBytes });
  const own = outlet('session');
  const byRequest = new Map<RequestId, Outlet>();
  let opened = 0;

  const resume = (lastEventId: string): ReadableStream<Uint8Array> => {
    const last = parseEventId(lastEventId);
    if (last === undefined) throw new MeshError('invalid_request', 'Last-Event-ID was not given by this server.');
    const pending = [own, ...byRequest.values()].find(({ id }) => id === last.streamId);
    if (pending !== undefined) return pending.attach(last.sequence);
    // The request has been answered meanwhile: what is remembered of it, then the end.
    const answered = outlet(last.streamId);
    const body = answered.attach(last.sequence);
    answered.end();
    return body;
  };

  return {
    get live() {
      return readers.size;
    },
    has: (requestId) => byRequest.has(requestId),
    publish: (text, requestId) => {
      const related = requestId === undefined ? undefined : byRequest.get(requestId);
      (related ?? own).publish(text);
    },
    openForRequest: (requestId, primed) => {
      opened += 1;
      const created = outlet(`r${String(opened)}`);
      byRequest.set(requestId, created);
      const body = created.attach();
      if (primed) created.prime();
      return body;
    },
    finishRequest: (requestId, response) => {
      const related = byRequest.get(requestId);
      byRequest.delete(requestId);
      if (response !== undefined) related?.publish(response);
      related?.end();
    },
    openForSession: () => own.attach(),
    resume,
    keepAlive: () => {
      for (const reader of readers) reader.comment('keep-alive');
    },
    end: () => {
      own.end();
    },
  };
}
