import { MeshError, Secret } from '@devmesh/foundation';
import { fetchFor, errorCodeOf, type Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, type Page } from '../paging.ts';
import { noProvider } from './open-provider.ts';
import type { ConnectionsOptions } from './options.ts';
import { resolveProvider, type ProviderRequest } from './provider-request.ts';
import { placeOf } from './sealed-places.ts';
import {
  deleteProvider,
  insertProvider,
  selectProvider,
  selectProviders,
  updateProvider,
  type ProviderRow,
} from './store-providers.ts';

/** The change of a provider: what is left out stays. */
interface ProviderChange {
  readonly clientSecret?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
}

/** The providers of an organization. */
export interface Providers {
  /** Adds a provider; `commit` runs in the same transaction. */
  add(
    principal: Principal,
    request: ProviderRequest,
    commit: (tx: Tx, provider: ProviderRow) => Promise<void>,
  ): Promise<ProviderRow>;
  /** By name. */
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<ProviderRow>>;
  update(principal: Principal, providerId: string, change: ProviderChange): Promise<ProviderRow>;
  /** Throws `conflict` while a service uses it. */
  remove(principal: Principal, providerId: string): Promise<void>;
}

const namePosition = /^[a-z0-9-]{2,40}$/u;

/** Builds the use cases of providers. */
export function createProviders(options: ConnectionsOptions): Providers {
  const { database } = options;
  return {
    add: (principal, request, commit) => add(options, { principal, request, commit }),
    list: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, namePosition);
      const rows = await database.tenant(principal.tenantId, (tx) => selectProviders(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.name,
        (row) => row,
      );
    },
    update: (principal, providerId, change) => update(options, principal, { providerId, change }),
    remove: (principal, providerId) => remove(options, principal, providerId),
  };
}

interface Adding {
  readonly principal: Principal;
  readonly request: ProviderRequest;
  readonly commit: (tx: Tx, provider: ProviderRow) => Promise<void>;
}

async function add(options: ConnectionsOptions, { principal, request, commit }: Adding): Promise<ProviderRow> {
  const { tenantId } = principal;
  const resolved = await resolveProvider(fetchFor(options.fetch, tenantId), request);
  const id = options.newId();
  return options.database.tenant(tenantId, async (tx) => {
    const sealedClientSecret = await sealed(options, tx, { tenantId, id }, request.clientSecret);
    const { name, preset, clientId, resource = null } = request;
    const inserted = await insertProvider(tx, {
      id,
      name,
      preset,
      clientId,
      resource,
      sealedClientSecret,
      ...resolved,
    });
    if (!inserted) throw new MeshError('conflict', `There is an OAuth provider "${name}" already.`);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'connections.addProvider',
      subject: id,
      detail: { name, preset, issuer: resolved.endpoints.issuer, apiHosts: resolved.apiHosts },
    });
    const row = await present(tx, id);
    await commit(tx, row);
    return row;
  });
}

async function sealed(
  { vault }: ConnectionsOptions,
  tx: Tx,
  { tenantId, id }: { readonly tenantId: string; readonly id: string },
  clientSecret: string | undefined,
): Promise<Uint8Array | null> {
  if (clientSecret === undefined) return null;
  return vault.seal(tx, placeOf(tenantId, 'oauth_providers', id, 'sealed_client_secret'), new Secret(clientSecret));
}

interface Updating {
  readonly providerId: string;
  readonly change: ProviderChange;
}

function update(
  options: ConnectionsOptions,
  principal: Principal,
  { providerId, change }: Updating,
): Promise<ProviderRow> {
  const { tenantId } = principal;
  return options.database.tenant(tenantId, async (tx) => {
    const row = await present(tx, providerId);
    if (change.clientSecret !== undefined && row.clientAuthentication === 'none') {
      throw new MeshError('invalid_state', `${row.name} is a public client, which has no secret.`);
    }
    const secret = await sealed(options, tx, { tenantId, id: row.id }, change.clientSecret);
    await updateProvider(tx, row.id, {
      sealed: secret ?? row.sealedClientSecret,
      scopes: change.scopes ?? row.scopes,
    });
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'connections.updateProvider',
      subject: row.id,
      detail: { name: row.name, clientSecret: secret !== null, scopes: change.scopes ?? row.scopes },
    });
    return present(tx, row.id);
  });
}

const referenced = '23503';

async function remove(
  { database, audit }: ConnectionsOptions,
  principal: Principal,
  providerId: string,
): Promise<void> {
  const work = async (tx: Tx): Promise<void> => {
    const row = await present(tx, providerId);
    await deleteProvider(tx, row.id);
    await audit.record(tx, {
      actor: actorOf(principal),
      action: 'connections.removeProvider',
      subject: row.id,
      detail: { name: row.name },
    });
  };
  await database.tenant(principal.tenantId, work).catch((error: unknown) => {
    if (errorCodeOf(error) !== referenced) throw error;
    throw new MeshError('conflict', 'A service uses this provider; give it another credential first.');
  });
}

async function present(tx: Tx, providerId: string): Promise<ProviderRow> {
  const row = await selectProvider(tx, providerId);
  if (row === undefined) throw noProvider(providerId);
  return row;
}
