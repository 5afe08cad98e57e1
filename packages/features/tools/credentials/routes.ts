import { operations } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolCredentials } from './service.ts';

/** The routes of the credentials of services. */
export function credentialRoutes({ credentials }: { readonly credentials: ToolCredentials }): readonly Route[] {
  return [
    route(operations.tools.setCredential, async ({ principal, params, body }) => {
      await credentials.set(principal, params.toolId, 'organization', body);
      return undefined;
    }),
    route(operations.tools.deleteCredential, async ({ principal, params, query }) => {
      await credentials.remove(principal, params.toolId, 'organization', query.slot);
      return undefined;
    }),
    route(operations.tools.setMyCredential, async ({ principal, params, body }) => {
      await credentials.set(principal, params.toolId, 'mine', body);
      return undefined;
    }),
    route(operations.tools.deleteMyCredential, async ({ principal, params, query }) => {
      await credentials.remove(principal, params.toolId, 'mine', query.slot);
      return undefined;
    }),
    route(operations.tools.listCredentials, ({ principal, params }) => credentials.overview(principal, params.toolId)),
  ];
}
