import { operations } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Retention } from './service.ts';

/** The routes of retention. */
export function retentionRoutes({ retention }: { readonly retention: Retention }): readonly Route[] {
  return [
    route(operations.retention.get, ({ principal }) => retention.get(principal)),
    route(operations.retention.set, ({ principal, body }) => retention.set(principal, body)),
  ];
}
