import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Webhooks } from './service.ts';
import type { EventRow, WholeEvent } from './store-events.ts';

type Presented = ResponseOf<typeof operations.webhooks.replayEvent>;

/** The routes of received webhooks. */
export function webhookEventRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  const { listEvents, getEvent, replayEvent } = operations.webhooks;
  return [
    route(listEvents, async ({ principal, query }) => {
      const { from, to, ...rest } = query;
      const page = await webhooks.listEvents(principal, { ...rest, from: dateOf(from), to: dateOf(to) });
      return { ...page, items: page.items.map(presentEvent) };
    }),
    route(getEvent, async ({ principal, params }) => presentWhole(await webhooks.getEvent(principal, params.eventId))),
    route(replayEvent, async ({ principal, params, remember }) =>
      presentEvent(await webhooks.replay(principal, params.eventId, (tx, row) => remember(tx, presentEvent(row)))),
    ),
  ];
}

/** An instant of the API as the database takes it. */
export function dateOf(instant: string | undefined): Date | undefined {
  return instant === undefined ? undefined : new Date(instant);
}

function presentWhole(row: WholeEvent): ResponseOf<typeof operations.webhooks.getEvent> {
  return { ...presentEvent(row), payload: row.payload, effects: [...row.effects] };
}

function presentEvent(row: EventRow): Presented {
  const traceId = row.traceparent?.split('-')[1];
  return {
    id: row.id,
    sourceId: row.sourceId,
    deliveryId: row.deliveryId,
    event: row.event,
    status: row.status,
    attempts: row.attempts,
    run: row.run,
    receivedAt: row.receivedAt.toISOString(),
    ...(row.action === null ? {} : { action: row.action }),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
    ...(row.taskId === null ? {} : { taskId: row.taskId }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(row.processedAt === null ? {} : { processedAt: row.processedAt.toISOString() }),
  };
}
