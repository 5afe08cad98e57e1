import { operations } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Health } from './service.ts';

/** The routes of health. A degraded part is told in a 200: the answer itself is not a failure. */
export function healthRoutes({ health }: { readonly health: Health }): readonly Route[] {
  return [route(operations.system.health, () => health.check())];
}
