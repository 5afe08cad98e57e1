import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolSets } from './service.ts';
import type { ToolSetRow } from './store.ts';

type ToolSetView = ResponseOf<typeof operations.toolSets.getToolSet>;

/** The routes of tool sets. */
export function toolSetRoutes({ sets }: { readonly sets: ToolSets }): readonly Route[] {
  return [
    route(operations.toolSets.listToolSets, async ({ principal, query }) => {
      const page = await sets.list(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(operations.toolSets.getToolSet, async ({ principal, params }) =>
      present(await sets.get(principal, params.name)),
    ),
    route(operations.toolSets.putToolSet, async ({ principal, params, body }) =>
      present(await sets.put(principal, params.name, body)),
    ),
    route(operations.toolSets.deleteToolSet, async ({ principal, params }) => {
      await sets.delete(principal, params.name);
      return undefined;
    }),
  ];
}

function present({ name, definition, createdAt, updatedAt }: ToolSetRow): ToolSetView {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { name, ...(definition as Omit<ToolSetView, 'name' | keyof typeof times>), ...times };
}
