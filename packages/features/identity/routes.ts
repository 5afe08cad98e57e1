import { operations, type ResponseOf } from '@devmesh/api';
import { MeshError, Secret, type Clock } from '@devmesh/foundation';
import { route, type Route } from '../routing.ts';
import type { Principal } from './principal.ts';
import { keyRoutes, presentIssued, presentTools } from './routes-keys.ts';
import { userRoutes } from './routes-users.ts';
import type { Identity } from './service.ts';
import { readSettings } from './settings.ts';
import type { OrganizationRow } from './store-organizations.ts';

interface IdentityRoutesOptions {
  readonly identity: Identity;
  readonly clock: Clock;
  /** Whether organizations can be registered over the network. */
  readonly registration: 'open' | 'closed';
}

/** The routes of identity. */
export function identityRoutes(options: IdentityRoutesOptions): readonly Route[] {
  const { identity, registration } = options;
  return [
    route(operations.identity.registerOrganization, async ({ body: { slug, name, owner } }) => {
      if (registration === 'closed')
        throw new MeshError('registration_closed', 'This server is closed for registration.');
      const first = owner && { ...owner, password: new Secret(owner.password) };
      const { organization, adminKey } = await identity.register({ slug, name, owner: first });
      return { organization: presentOrganization(organization), adminKey: presentIssued(adminKey) };
    }),
    route(operations.identity.whoAmI, ({ principal }) => whoAmI(identity, principal)),
    ...keyRoutes(options),
    ...userRoutes(options),
    ...organizationRoutes(identity),
  ];
}

async function whoAmI(
  identity: Identity,
  principal: Principal,
): Promise<ResponseOf<typeof operations.identity.whoAmI>> {
  const { tenantId, keyId, keyType, scopes, agentId, userId, via = 'key', tools, audience } = principal;
  const organization = presentOrganization(await identity.organization(tenantId));
  const user = userId === undefined ? undefined : await identity.people.byId(tenantId, userId);
  return {
    organization,
    keyId,
    keyType,
    scopes: [...scopes],
    via,
    ...(audience === undefined ? {} : { audience }),
    ...(agentId === undefined ? {} : { agentId }),
    ...(user === undefined ? {} : { user: { id: user.id, email: user.email, name: user.name, role: user.role } }),
    ...(tools === undefined ? {} : { tools: presentTools(tools) }),
  };
}

function organizationRoutes(identity: Identity): readonly Route[] {
  return [
    route(operations.organizations.get, async ({ principal }) =>
      presentSettled(await identity.organization(principal.tenantId)),
    ),
    route(operations.organizations.rename, async ({ principal, body }) =>
      presentSettled(await identity.rename(principal, body.name)),
    ),
    route(operations.organizations.changeSettings, async ({ principal, body }) =>
      presentSettled(await identity.changeSettings(principal, body)),
    ),
    route(operations.organizations.delete, async ({ principal, body }) => {
      const { id, deletingAt } = await identity.delete(principal, body.slug);
      return { id, deletingAt: deletingAt.toISOString() };
    }),
  ];
}

function presentOrganization(row: OrganizationRow): ResponseOf<typeof operations.identity.whoAmI>['organization'] {
  return { id: row.id, slug: row.slug, name: row.name, createdAt: row.createdAt.toISOString() };
}

function presentSettled(row: OrganizationRow): ResponseOf<typeof operations.organizations.get> {
  return { ...presentOrganization(row), settings: readSettings(row.settings) };
}
