import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import { callbackRoutes, type CallbackRoutesOptions } from './callback-routes.ts';
import type { ConnectionRow } from './store-connections.ts';
import type { ProviderRow } from './store-providers.ts';

interface ConnectionRoutesOptions extends CallbackRoutesOptions {
  /** The names of the services whose calls use each of these providers. */
  readonly usersOfProviders: (
    tenantId: string,
    providerIds: readonly string[],
  ) => Promise<ReadonlyMap<string, readonly string[]>>;
}

type ProviderView = ResponseOf<typeof operations.connections.addProvider>;
type ConnectionView = ResponseOf<typeof operations.connections.get>;

/** The routes of connections. */
export function connectionRoutes(options: ConnectionRoutesOptions): readonly Route[] {
  const { connections, usersOfProviders } = options;
  const { providers } = connections;
  const presentProvider = (row: ProviderRow, usedBy: readonly string[]): ProviderView => ({
    ...viewOf(row),
    usedBy: [...usedBy],
    redirectUri: connections.redirectUri(),
  });
  return [
    route(operations.connections.addProvider, async ({ principal, body, remember }) =>
      presentProvider(await providers.add(principal, body, (tx, row) => remember(tx, presentProvider(row, []))), []),
    ),
    route(operations.connections.listProviders, async ({ principal, query }) => {
      const page = await providers.list(principal, query);
      const ids = page.items.map(({ id }) => id);
      const users = await usersOfProviders(principal.tenantId, ids);
      return { ...page, items: page.items.map((row) => presentProvider(row, users.get(row.id) ?? [])) };
    }),
    route(operations.connections.updateProvider, async ({ principal, params, body }) => {
      const row = await providers.update(principal, params.providerId, body);
      const users = await usersOfProviders(principal.tenantId, [row.id]);
      return presentProvider(row, users.get(row.id) ?? []);
    }),
    route(operations.connections.removeProvider, async ({ principal, params }) => {
      await providers.remove(principal, params.providerId);
      return undefined;
    }),
    route(operations.connections.start, async ({ principal, body }) => {
      const { url, expiresAt, confirmationCode } = await connections.start(principal, body);
      return { url, expiresAt: expiresAt.toISOString(), confirmationCode: confirmationCode.open() };
    }),
    // Before the route of one connection, whose path would match as well.
    ...callbackRoutes(options),
    route(operations.connections.list, async ({ principal, query }) => {
      const page = await connections.list(principal, query);
      return { ...page, items: page.items.map(presentConnection) };
    }),
    route(operations.connections.get, async ({ principal, params }) =>
      presentConnection(await connections.get(principal, params.connectionId)),
    ),
    route(operations.connections.remove, ({ principal, params }) => connections.remove(principal, params.connectionId)),
  ];
}

function viewOf(row: ProviderRow): Omit<ProviderView, 'redirectUri' | 'usedBy'> {
  return {
    id: row.id,
    name: row.name,
    preset: row.preset,
    issuer: row.endpoints.issuer,
    clientId: row.clientId,
    hasClientSecret: row.sealedClientSecret !== null,
    scopes: [...row.scopes],
    pkce: row.pkce,
    apiHosts: [...row.apiHosts],
    createdAt: row.createdAt.toISOString(),
  };
}

function presentConnection(row: ConnectionRow): ConnectionView {
  const account = row.accountName ?? row.accountId;
  return {
    id: row.id,
    provider: row.providerName,
    providerId: row.providerId,
    mode: row.userId === null ? 'organization' : 'user',
    status: row.status,
    details: row.details,
    scopes: [...row.scopes],
    renewable: row.sealedRefresh !== null,
    consentedAt: row.consentedAt.toISOString(),
    renewedAt: row.renewedAt.toISOString(),
    ...(row.userId === null ? {} : { userId: row.userId }),
    ...(account === null ? {} : { account }),
    ...(row.accessExpiresAt === null ? {} : { expiresAt: row.accessExpiresAt.toISOString() }),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
  };
}
