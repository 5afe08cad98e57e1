import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Authorization } from './service.ts';
import type { GrantRow } from './store.ts';

/** The routes of authorization; its OAuth endpoints are no operations, and the REST API mounts them itself. */
export function authorizationRoutes({ authorization }: { readonly authorization: Authorization }): readonly Route[] {
  return [
    route(operations.authorization.listGrants, async ({ principal, query }) => {
      const page = await authorization.listGrants(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(operations.authorization.revokeGrant, async ({ principal, params }) =>
      present(await authorization.revokeGrant(principal, params.grantId)),
    ),
  ];
}

function present(row: GrantRow): ResponseOf<typeof operations.authorization.revokeGrant> {
  const { client: _client, clientUrl, createdAt, consentedAt, ...rest } = row;
  return {
    ...rest,
    ...(clientUrl === null ? {} : { clientUrl }),
    createdAt: createdAt.toISOString(),
    consentedAt: consentedAt.toISOString(),
  };
}
