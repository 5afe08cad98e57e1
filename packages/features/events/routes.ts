import { operations, type MeshEvent } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Events } from './service.ts';

/** Comment lines this often keep proxies from closing a quiet stream. */
const keepAliveMilliseconds = 15_000;

/** Then the client connects again where it was, and its key is looked at again. */
const longestStreamMilliseconds = 300_000;

interface EventRoutesOptions {
  readonly events: Events;
  /** Milliseconds after which a stream ends by itself. */
  readonly streamMilliseconds?: number;
  /** Milliseconds between two signs of life of a quiet stream. */
  readonly beatMilliseconds?: number;
}

/** The routes of the event feed. */
export function eventRoutes({
  events,
  streamMilliseconds = longestStreamMilliseconds,
  beatMilliseconds = keepAliveMilliseconds,
}: EventRoutesOptions): readonly Route[] {
  return [
    route(operations.system.listEvents, ({ principal, query }) =>
      events.list(principal.tenantId, { ...query, agentId: principal.agentId }),
    ),
    route(operations.system.streamEvents, async ({ principal, query, request, signal }) => {
      const after = request.headers.get('last-event-id') ?? query.after ?? (await events.head(principal.tenantId));
      const ending = new AbortController();
      // Not AbortSignal.any: Node 20 may collect a combined signal while somebody still listens to it.
      const end = (): void => ending.abort();
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const timer = setTimeout(end, streamMilliseconds);
      ending.signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      const { without } = query;
      const body = toStream({ ending, after, beatMilliseconds }, (onPassed) =>
        events.follow(principal.tenantId, {
          after,
          agentId: principal.agentId,
          without,
          onPassed,
          signal: ending.signal,
        }),
      );
      return new Response(body, {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      });
    }),
  ];
}

interface StreamLife {
  /** Ends the stream, from either side. */
  readonly ending: AbortController;
  /** The cursor it starts from. */
  readonly after: string;
  readonly beatMilliseconds: number;
}

/** The feed as a body. It ends with the signal even when nobody ever reads it, so that no timer outlives its client. */
function toStream(
  { ending, after, beatMilliseconds }: StreamLife,
  open: (onPassed: (cursor: string) => void) => AsyncGenerator<MeshEvent, void, undefined>,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let passed: string | undefined;
  const feed = open((cursor) => {
    passed = cursor;
  });
  // Who is told nothing for long is told from where to go on.
  const stillAlive = (): string => {
    const text = passed === undefined ? ': alive\n\n' : `id: ${passed}\nevent: passed\ndata: {}\n\n`;
    passed = undefined;
    return text;
  };
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      // Tells where the stream starts, so that a client that has seen no event yet can resume as well.
      controller.enqueue(encoder.encode(`id: ${after}\nevent: connected\ndata: {}\n\n`));
      const timer = setInterval(() => {
        controller.enqueue(encoder.encode(stillAlive()));
      }, beatMilliseconds);
      ending.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
      if (ending.signal.aborted) clearInterval(timer);
    },
    pull: async (controller) => {
      let next: IteratorResult<MeshEvent, void>;
      try {
        next = await feed.next();
      } catch (error) {
        ending.abort();
        throw error;
      }
      if (next.done !== true) {
        controller.enqueue(encoder.encode(toFrame(next.value)));
        return;
      }
      ending.abort();
      controller.close();
    },
    cancel: () => ending.abort(),
  });
}

/** One server-sent event; its id lets a client resume. */
function toFrame(event: MeshEvent): string {
  return `id: ${event.cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
