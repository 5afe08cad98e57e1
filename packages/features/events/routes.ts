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
      const ending = new AbortController();
      // Not AbortSignal.any: Node 20 may collect a combined signal while somebody still listens to it.
      const end = (): void => ending.abort();
      signal.addEventListener('abort', end, { once: true });
      if (signal.aborted) end();
      const follow = { after, agentId: principal.agentId, signal: ending.signal };
      const body = toStream(events.follow(principal.tenantId, follow), ending);
      return new Response(body, {
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
      });
    }),
  ];
}

/** The feed as a body. It ends with the signal even when nobody ever reads it, so that no timer outlives its client. */
function toStream(
  feed: AsyncGenerator<MeshEvent, void, undefined>,
  ending: AbortController,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      controller.enqueue(encoder.encode(': connected\n\n'));
      const timer = setInterval(() => {
        controller.enqueue(encoder.encode(': alive\n\n'));
      }, keepAliveMilliseconds);
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
