import { operations } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Commands } from './service.ts';

/** The routes of commands. */
export function commandRoutes({ commands }: { readonly commands: Commands }): readonly Route[] {
  return [
    route(operations.commands.allowed, async ({ principal, body }) => ({
      commands: await commands.allowed(principal, body),
    })),
    route(operations.commands.start, async ({ principal, body }) => ({ runId: await commands.start(principal, body) })),
    route(operations.commands.end, async ({ principal, params, body }) => {
      await commands.end(principal, params.runId, body);
      return undefined;
    }),
  ];
}
