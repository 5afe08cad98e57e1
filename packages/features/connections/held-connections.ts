import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { openProvider } from './open-provider.ts';
import type { ConnectionsOptions } from './options.ts';
import { placeOf } from './sealed-places.ts';
import { deleteConnection, selectConnection, selectConnections, type ConnectionRow } from './store-connections.ts';

interface ListRequest {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly everybody: boolean;
}

/** What became of the grant at the provider. */
export interface Removal {
  readonly revoked: 'yes' | 'unsupported' | 'failed';
  readonly reason?: string;
}

/** One's own connections and those of the organization; everybody's for who may see all people's affairs. */
export async function listConnections(
  { database }: ConnectionsOptions,
  principal: Principal,
  { cursor, limit, everybody }: ListRequest,
): Promise<Page<ConnectionRow>> {
  if (everybody && !principal.scopes.includes('users:write')) {
    throw new MeshError('forbidden', "Other people's connections are shown with the scope users:write.");
  }
  const after = readCursor(cursor, uuidPosition);
  const selection = { userId: principal.userId ?? null, everybody, after, limit };
  const rows = await database.tenant(principal.tenantId, (tx) => selectConnections(tx, selection));
  return cutPage(
    rows,
    limit,
    (row) => row.id,
    (row) => row,
  );
}

/** Throws `not_found` alike for what is not there and for what is somebody else's. */
export function getConnection(
  { database }: ConnectionsOptions,
  principal: Principal,
  connectionId: string,
): Promise<ConnectionRow> {
  return database.tenant(principal.tenantId, (tx) => visible(tx, principal, connectionId));
}

async function visible(tx: Tx, principal: Principal, connectionId: string): Promise<ConnectionRow> {
  const row = await selectConnection(tx, connectionId);
  const shown =
    row !== undefined &&
    (row.userId === null || row.userId === principal.userId || principal.scopes.includes('users:write'));
  if (!shown) throw new MeshError('not_found', `There is no connection ${connectionId}.`);
  return row;
}

/** Removes a connection for good, then asks the provider to forget the grant. */
export async function removeConnection(
  options: ConnectionsOptions,
  principal: Principal,
  connectionId: string,
): Promise<Removal> {
  const { tenantId } = principal;
  const { row, provider, tokens } = await options.database.tenant(tenantId, async (tx) => {
    const found = await visible(tx, principal, connectionId);
    if (found.userId === null && !principal.scopes.includes('organization:write')) {
      throw new MeshError('forbidden', "The organization's connections are removed with the scope organization:write.");
    }
    const opened = await openProvider(tx, options, tenantId, found.providerId);
    const held = await openTokens(options, tx, tenantId, found);
    await deleteConnection(tx, found.id);
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'connections.remove',
      subject: found.id,
      detail: { provider: found.providerName, userId: found.userId, account: found.accountId },
    });
    return { row: found, provider: opened, tokens: held };
  });
  try {
    const done = await provider.client(row.userId === null ? 'organization' : 'user').revoke(tokens);
    return { revoked: done ? 'yes' : 'unsupported' };
  } catch (error) {
    options.telemetry.log.error('a removed connection could not be revoked', error, { preset: provider.row.preset });
    return { revoked: 'failed', reason: toMeshError(error).message };
  }
}

async function openTokens({ vault }: ConnectionsOptions, tx: Tx, tenantId: string, row: ConnectionRow) {
  const place = (field: string) => placeOf(tenantId, 'connections', row.id, field);
  return {
    accessToken: await vault.open(tx, place('sealed_access'), row.sealedAccess),
    refreshToken:
      row.sealedRefresh === null ? undefined : await vault.open(tx, place('sealed_refresh'), row.sealedRefresh),
  };
}
