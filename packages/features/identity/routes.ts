import { operations, type ResponseOf } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import { route, type Route } from '../routing.ts';
import type { Identity, IssuedKey } from './service.ts';
import type { KeyRow, OrganizationRow } from './store.ts';

interface IdentityRoutesOptions {
  readonly identity: Identity;
  /** Whether organizations can be registered over the network. */
  readonly registration: 'open' | 'closed';
}

/** The routes of identity. */
export function identityRoutes({ identity, registration }: IdentityRoutesOptions): readonly Route[] {
  return [
    route(operations.identity.registerOrganization, async ({ body }) => {
      if (registration === 'closed')
        throw new MeshError('registration_closed', 'This server is closed for registration.');
      const { organization, adminKey } = await identity.register(body);
      return { organization: presentOrganization(organization), adminKey: presentIssued(adminKey) };
    }),
    route(operations.identity.whoAmI, async ({ principal }) => ({
      organization: presentOrganization(await identity.organization(principal.tenantId)),
      keyId: principal.keyId,
      keyType: principal.keyType,
      scopes: [...principal.scopes],
      ...(principal.agentId === undefined ? {} : { agentId: principal.agentId }),
    })),
    route(operations.identity.createKey, async ({ principal, body, remember }) =>
      presentIssued(await identity.createKey(principal, body, (tx, issued) => remember(tx, presentIssued(issued)))),
    ),
    route(operations.identity.listKeys, async ({ principal, query }) => {
      const page = await identity.listKeys(principal, query);
      return { ...page, items: page.items.map(presentKey) };
    }),
    route(operations.identity.revokeKey, async ({ principal, params }) =>
      presentKey(await identity.revokeKey(principal, params.keyId)),
    ),
  ];
}

function presentOrganization(row: OrganizationRow): ResponseOf<typeof operations.identity.whoAmI>['organization'] {
  return { id: row.id, slug: row.slug, name: row.name, createdAt: row.createdAt.toISOString() };
}

function presentIssued(issued: IssuedKey): ResponseOf<typeof operations.identity.createKey> {
  return { key: presentKey(issued.key), token: issued.token.open() };
}

function presentKey(row: KeyRow): ResponseOf<typeof operations.identity.revokeKey> {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.expiresAt === null ? {} : { expiresAt: row.expiresAt.toISOString() }),
    ...(row.revokedAt === null ? {} : { revokedAt: row.revokedAt.toISOString() }),
    ...(row.lastUsedAt === null ? {} : { lastUsedAt: row.lastUsedAt.toISOString() }),
  };
}
