import { operations } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ResultStore } from './result-store.ts';

/** The routes of results. */
export function resultRoutes({ results }: { readonly results: Pick<ResultStore, 'read'> }): readonly Route[] {
  return [
    route(operations.tools.readResult, async ({ principal, params, query }) => {
      const select = query.select?.split(',').map((path) => path.trim());
      const { row, ...page } = await results.read(principal, params.resultId, { cursor: query.cursor, select });
      const { id, tool, mediaType, bytes, expiresAt } = row;
      return { id, tool, mediaType, bytes, expiresAt: expiresAt.toISOString(), ...page };
    }),
  ];
}
