import { operations } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { Discover } from './discover.ts';

/** The route that finds descriptions. */
export function discoveryRoutes({ discover }: { readonly discover: Discover }): readonly Route[] {
  return [
    route(operations.tools.discover, async ({ principal, body, signal }) => {
      const { candidates, tried, complete } = await discover(principal, body, signal);
      return {
        candidates: candidates.map((candidate) => ({ ...candidate })),
        tried: tried.map((one) => ({ ...one })),
        complete,
      };
    }),
  ];
}
