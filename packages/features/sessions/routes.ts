import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { EdgeSessions } from './service.ts';
import type { EdgeSession } from './session.ts';

/** The routes of sessions. */
export function sessionRoutes({ sessions }: { readonly sessions: EdgeSessions }): readonly Route[] {
  return [
    route(operations.sessions.open, async ({ principal, body }) => ({
      sessionIds: [...(await sessions.open(principal, body.sessions))],
    })),
    route(operations.sessions.refresh, async ({ principal, body }) => {
      const { revoked, unknown } = await sessions.refresh(principal, body.sessionIds, body.latencies);
      return { revoked: [...revoked], unknown: [...unknown] };
    }),
    route(operations.sessions.close, async ({ principal, body }) => {
      await sessions.close(principal, body.sessionIds);
      return undefined;
    }),
    route(operations.sessions.list, async ({ principal, query }) => {
      const page = await sessions.list(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(operations.sessions.revoke, async ({ principal, params }) => {
      await sessions.revoke(principal, params.sessionId);
      return undefined;
    }),
  ];
}

function present(session: EdgeSession): ResponseOf<typeof operations.sessions.list>['items'][number] {
  const { agentId, connectedAt, lastSeenAt, latencyMilliseconds, ...rest } = session;
  return {
    ...rest,
    ...(latencyMilliseconds === undefined ? {} : { latencyMilliseconds }),
    ...(agentId === undefined ? {} : { agentId }),
    connectedAt: connectedAt.toISOString(),
    lastSeenAt: lastSeenAt.toISOString(),
  };
}
