import { operations, type MeshEvent } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Events } from './service.ts';

/** Comment lines this often keep proxies from closing a quiet stream. */
const keepAliveMilliseconds = 15_000;

/** The routes of the event feed. */
export function eventRoutes({ events }: { readonly events: Events }): readonly Route[] {
  return [
    route(operations.system.listEvents, ({ principal, query }) =>
      events.list(principal.tenantId, { ...query, agentId: principal.agentId }),
    ),
    route(operations.system.streamEvents, async ({ principal, query, request, signal }) => {
      const after = request.headers.get('last-event-id') ?? query.after ?? (await events.head(principal.tenantId));
      const stop = new AbortController();
      const feed = events.follow(principal.tenantId, {
        after,
        agentId: principal.agentId,
        signal: AbortSignal.any([signal, stop.signal]),
      });
      return new Response(toStream(feed, stop), {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      });
    }),
  ];
}

function toStream(feed: AsyncGenerator<MeshEvent, void, undefined>, stop: AbortController): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(encoder.encode(': connected\n\n'));
      timer = setInterval(() => {
        controller.enqueue(encoder.encode(': alive\n\n'));
      }, keepAliveMilliseconds);
    },
    pull: async (controller) => {
      const next = await feed.next();
      if (next.done === true) {
        clearInterval(timer);
        controller.close();
        return;
      }
      controller.enqueue(encoder.encode(toFrame(next.value)));
    },
    cancel: () => {
      clearInterval(timer);
      stop.abort();
    },
  });
}

/** One server-sent event; its id lets a client resume. */
function toFrame(event: MeshEvent): string {
  return `id: ${event.cursor}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}
