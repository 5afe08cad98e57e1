import { operations } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolExecution } from './execution.ts';

/** The routes of how calls are carried out. */
export function executionRoutes({ execution }: { readonly execution: ToolExecution }): readonly Route[] {
  return [
    route(operations.tools.toolExecution, async ({ principal, params }) => {
      const { settings, set } = await execution.read(principal, params.toolId);
      return { settings, set: [...set] };
    }),
    route(operations.tools.setToolExecution, async ({ principal, params, body }) => {
      const { settings, set } = await execution.set(principal, params.toolId, body);
      return { settings, set: [...set] };
    }),
  ];
}
