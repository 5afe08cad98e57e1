import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import { dateOf } from './routes-events.ts';
import type { Webhooks } from './service.ts';
import type { DeadLetterRow } from './store-dead-letters.ts';

/** The routes of dead letters. */
export function deadLetterRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  const { listDeadLetters, getDeadLetter, redrive, redriveMany, discard } = operations.webhooks;
  return [
    route(listDeadLetters, async ({ principal, query }) => {
      const { from, to, ...rest } = query;
      const page = await webhooks.listDeadLetters(principal, { ...rest, from: dateOf(from), to: dateOf(to) });
      return { ...page, items: page.items.map(present) };
    }),
    route(getDeadLetter, async ({ principal, params }) =>
      present(await webhooks.getDeadLetter(principal, params.deadLetterId)),
    ),
    route(redrive, async ({ principal, params }) => present(await webhooks.redrive(principal, params.deadLetterId))),
    route(redriveMany, ({ principal, body }) => {
      const { from, to, limit, ...rest } = body;
      return webhooks.redriveMany(principal, { ...rest, from: dateOf(from), to: dateOf(to) }, limit);
    }),
    route(discard, async ({ principal, params, body }) =>
      present(await webhooks.discard(principal, params.deadLetterId, body.reason)),
    ),
  ];
}

function present(row: DeadLetterRow): ResponseOf<typeof operations.webhooks.redrive> {
  return {
    id: row.id,
    event: row.event,
    status: row.resolution ?? 'open',
    eventStatus: row.eventStatus,
    attempts: row.attempts,
    reason: row.reason,
    createdAt: row.createdAt.toISOString(),
    eventId: row.eventId,
    sourceId: row.sourceId,
    ...(row.resolvedAt === null ? {} : { resolvedAt: row.resolvedAt.toISOString() }),
    ...(row.note === null ? {} : { note: row.note }),
  };
}
