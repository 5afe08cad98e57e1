import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Flags } from './service.ts';

type EvaluatedView = ResponseOf<typeof operations.flags.evaluate>['items'][number];

/** The routes of feature flags. */
export function flagRoutes({ flags }: { readonly flags: Flags }): readonly Route[] {
  return [
    route(operations.flags.list, async ({ principal }) => ({ items: [...(await flags.list(principal.tenantId))] })),
    route(operations.flags.set, ({ principal, params, body }) => flags.set(principal, { key: params.flag, ...body })),
    route(operations.flags.remove, async ({ principal, params }) => {
      await flags.remove(principal, params.flag);
      return undefined;
    }),
    route(operations.flags.evaluate, async ({ principal }) => ({
      items: (await flags.evaluate(principal)).map((flag) => ({
        ...flag,
        reason: flag.reason as EvaluatedView['reason'],
      })),
    })),
  ];
}
