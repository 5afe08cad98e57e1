import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Webhooks } from './service.ts';
import type { DeadLetterRow } from './store-dead-letters.ts';
import type { EventRow } from './store-events.ts';

/** The routes of received webhooks and of dead letters. */
export function webhookEventRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  return [
    route(operations.webhooks.listEvents, async ({ principal, query }) => {
      const page = await webhooks.listEvents(principal, query);
      return { ...page, items: page.items.map(presentEvent) };
    }),
    route(operations.webhooks.getEvent, async ({ principal, params }) => {
      const row = await webhooks.getEvent(principal, params.eventId);
      return { ...presentEvent(row), payload: row.payload };
    }),
    route(operations.webhooks.listDeadLetters, async ({ principal, query }) => {
      const page = await webhooks.listDeadLetters(principal, query);
      return { ...page, items: page.items.map(presentLetter) };
    }),
    route(operations.webhooks.redrive, async ({ principal, params }) =>
      presentLetter(await webhooks.redrive(principal, params.deadLetterId)),
    ),
  ];
}

type PresentedEvent = ResponseOf<typeof operations.webhooks.listEvents>['items'][number];

function presentEvent(row: EventRow): PresentedEvent {
  const traceId = row.traceparent?.split('-')[1];
  return {
    id: row.id,
    sourceId: row.sourceId,
    deliveryId: row.deliveryId,
    event: row.event,
    status: row.status,
    attempts: row.attempts,
    receivedAt: row.receivedAt.toISOString(),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
    ...(row.taskId === null ? {} : { taskId: row.taskId }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(row.processedAt === null ? {} : { processedAt: row.processedAt.toISOString() }),
  };
}

function presentLetter(row: DeadLetterRow): ResponseOf<typeof operations.webhooks.redrive> {
  return {
    id: row.id,
    eventId: row.eventId,
    event: row.event,
    reason: row.reason,
    attempts: row.attempts,
    createdAt: row.createdAt.toISOString(),
    ...(row.redrivenAt === null ? {} : { redrivenAt: row.redrivenAt.toISOString() }),
  };
}
