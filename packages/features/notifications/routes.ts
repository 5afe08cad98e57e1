import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Notifications } from './service.ts';
import type { NotificationRow } from './store.ts';

/** The routes of notices. */
export function notificationRoutes({ notifications }: { readonly notifications: Notifications }): readonly Route[] {
  return [
    route(operations.notifications.create, async ({ principal, body, remember }) =>
      present(await notifications.create(principal, body, (tx, row) => remember(tx, present(row)))),
    ),
    route(operations.notifications.list, async ({ principal, query: { unread, ...page } }) => {
      const { items, ...rest } = await notifications.list(principal, { ...page, unread: unread === 'true' });
      return { ...rest, items: items.map(present) };
    }),
    route(operations.notifications.markRead, async ({ principal, body }) => ({
      marked: await notifications.markRead(principal, body.ids),
    })),
  ];
}

function present(row: NotificationRow): ResponseOf<typeof operations.notifications.create> {
  return {
    id: row.id,
    title: row.title,
    text: row.text,
    severity: row.severity,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.sourceEventId === null ? {} : { sourceEventId: row.sourceEventId }),
    ...(row.traceId === null ? {} : { traceId: row.traceId }),
    ...(row.readAt === null ? {} : { readAt: row.readAt.toISOString() }),
  };
}
