import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { LimitScope, LimitSubject } from './definition.ts';
import type { HoldingLimit } from './holding.ts';
import type { Limits, LimitUsage } from './service.ts';

type LimitView = ResponseOf<typeof operations.limits.set>;
type UsageView = ResponseOf<typeof operations.limits.usage>['items'][number];

/** The routes of limits. */
export function limitRoutes({ limits }: { readonly limits: Limits }): readonly Route[] {
  return [
    route(operations.limits.list, async ({ principal }) => ({ items: (await limits.list(principal)).map(present) })),
    route(operations.limits.set, async ({ principal, params, body }) =>
      present(await limits.set(principal, { ...params, ...body })),
    ),
    route(operations.limits.delete, async ({ principal, params }) => {
      await limits.delete(principal, params);
      return undefined;
    }),
    route(operations.limits.usage, async ({ principal, query }) => {
      const named = (['agent', 'capability', 'tool'] as const satisfies readonly LimitScope[]).flatMap(
        (scope): readonly LimitSubject[] => {
          const subject = query[scope];
          return subject === undefined ? [] : [{ scope, subject }];
        },
      );
      return { items: (await limits.usage(principal, named)).map(presentUsage) };
    }),
  ];
}

function present({ scope, subject, limit, windowSeconds, setBy, updatedAt }: HoldingLimit): LimitView {
  return { scope, subject, limit, windowSeconds, setBy, ...(updatedAt === undefined ? {} : { updatedAt }) };
}

function presentUsage({ limit, state }: LimitUsage): UsageView {
  if (state === undefined) return present(limit);
  const { remaining, resetSeconds, fullSeconds } = state;
  return { ...present(limit), remaining, resetSeconds, fullSeconds };
}
