import { allows } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import type { SignIns } from '../signin/index.ts';
import { deleteGrant, selectGrant, selectGrants, type GrantRow } from './store.ts';

interface GrantsOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly signIns: SignIns;
}

interface GrantsQuery {
  readonly userId?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** The grants that a principal may see: a person's own, or all of the organization with `users:read`. */
export async function listGrants(
  { database }: GrantsOptions,
  principal: Principal,
  { userId, cursor, limit }: GrantsQuery,
): Promise<Page<GrantRow>> {
  const after = readCursor(cursor, uuidPosition);
  const everybody = allows(principal.scopes, 'users:read');
  if (!everybody && (principal.userId === undefined || (userId !== undefined && userId !== principal.userId))) {
    throw new MeshError('forbidden', "Other people's grants need the scope users:read.");
  }
  const whose = everybody ? userId : principal.userId;
  const rows = await database.tenant(principal.tenantId, (tx) => selectGrants(tx, { userId: whose, after, limit }));
  return cutPage(
    rows,
    limit,
    (row) => row.id,
    (row) => row,
  );
}

/** Takes a consent back and ends every sign-in that it gave. Throws `not_found`, for what is not the principal's to take back too. */
export async function revokeGrant(options: GrantsOptions, principal: Principal, grantId: string): Promise<GrantRow> {
  const { database, audit, signIns } = options;
  const { tenantId } = principal;
  const unknown = new MeshError('not_found', `There is no grant ${grantId}.`);
  const own = allows(principal.scopes, 'users:write') ? undefined : (principal.userId ?? nobody);
  const grant = await database.tenant(tenantId, (tx) => selectGrant(tx, grantId, own));
  if (grant === undefined) throw unknown;
  const { userId, client, resource } = grant;
  const actor = actorOf(principal);
  const through = { client, audience: resource };
  await signIns.revokeAllOfUser({ tenantId, userId, reason: 'revoked', actor, through }, async (tx) => {
    if (!(await deleteGrant(tx, grantId))) throw unknown;
    const detail = { user: userId, client, resource };
    await audit.record(tx, { actor, action: 'authorization.revokeGrant', subject: grantId, detail });
  });
  return grant;
}

/** Whose grants a key without a person may take back. */
const nobody = '00000000-0000-0000-0000-000000000000';
