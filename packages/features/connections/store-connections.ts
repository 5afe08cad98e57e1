import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export type ConnectionStatus = 'active' | 'expired' | 'revoked' | 'consent_missing';

export interface ConnectionRow {
  readonly id: string;
  readonly providerId: string;
  readonly providerName: string;
  /** Null: the organization's. */
  readonly userId: string | null;
  readonly status: ConnectionStatus;
  readonly accountId: string | null;
  readonly accountName: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
  readonly sealedAccess: Uint8Array;
  readonly sealedRefresh: Uint8Array | null;
  readonly accessExpiresAt: Date | null;
  readonly renewAfter: Date | null;
  readonly lastError: string | null;
  readonly consentedAt: Date;
  readonly renewedAt: Date;
  /** Whether somebody renews it now. */
  readonly leased: boolean;
  /** Whether somebody began to renew it and has not said how that ended. */
  readonly interrupted: boolean;
}

const columns = sql`c.id, c.provider_id as "providerId", p.name::text as "providerName", c.user_id as "userId", c.status,
  c.account_id as "accountId", c.account_name as "accountName", c.details, c.scopes, c.sealed_access as "sealedAccess",
  c.sealed_refresh as "sealedRefresh", c.access_expires_at as "accessExpiresAt", c.renew_after as "renewAfter",
  c.last_error as "lastError", c.consented_at as "consentedAt", c.renewed_at as "renewedAt",
  coalesce(c.leased_until > clock_timestamp(), false) as leased,
  coalesce(c.leased_until <= clock_timestamp(), false) as interrupted`;

const from = sql`mcp.connections c join mcp.oauth_providers p on p.tenant_id = c.tenant_id and p.id = c.provider_id`;

/** The connection of a person, or of the organization where no person is named. */
export async function selectConnectionOf(
  tx: Tx,
  providerId: string,
  userId: string | undefined,
): Promise<ConnectionRow | undefined> {
  const { rows } = await sql<ConnectionRow>`
    select ${columns} from ${from}
    where c.provider_id = ${providerId} and c.user_id is not distinct from ${userId ?? null}::uuid`.execute(tx);
  return rows[0];
}

export async function selectConnection(tx: Tx, id: string): Promise<ConnectionRow | undefined> {
  const { rows } = await sql<ConnectionRow>`select ${columns} from ${from} where c.id = ${id}`.execute(tx);
  return rows[0];
}

interface Selection {
  /** Null: everybody's. Else only this person's and the organization's. */
  readonly userId: string | null;
  readonly everybody: boolean;
  readonly after: string | undefined;
  readonly limit: number;
}

/** By id, one more than `limit`. */
export async function selectConnections(
  tx: Tx,
  { userId, everybody, after, limit }: Selection,
): Promise<readonly ConnectionRow[]> {
  const { rows } = await sql<ConnectionRow>`
    select ${columns} from ${from}
    where (${everybody} or c.user_id is null or c.user_id = ${userId}::uuid)
      and (${after ?? null}::uuid is null or c.id > ${after ?? null}::uuid)
    order by c.id limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Tokens as they are stored. */
export interface StoredTokens {
  readonly sealedAccess: Uint8Array;
  readonly sealedRefresh: Uint8Array | null;
  readonly accessExpiresAt: Date | null;
  readonly renewAfter: Date | null;
  readonly renewedAt: Date;
}

interface NewConnection extends StoredTokens {
  readonly id: string;
  readonly providerId: string;
  readonly userId: string | undefined;
  readonly accountId: string | null;
  readonly accountName: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly scopes: readonly string[];
}

/**
 * Stores a consent in place of an earlier one of the same person. The caller made sure that the id is that of the earlier
 * one, if any. Whoever still renews the earlier one is refused by the fence.
 */
export async function putConnection(tx: Tx, connection: NewConnection): Promise<void> {
  await sql`
    insert into mcp.connections
      (tenant_id, id, provider_id, user_id, account_id, account_name, details, scopes, sealed_access, sealed_refresh,
       access_expires_at, renew_after, consented_at, renewed_at)
    values (current_setting('app.tenant_id')::uuid, ${connection.id}, ${connection.providerId}, ${connection.userId ?? null},
            ${connection.accountId}, ${connection.accountName}, ${connection.details}::jsonb, ${[...connection.scopes]}::text[],
            ${connection.sealedAccess}, ${connection.sealedRefresh}, ${connection.accessExpiresAt}, ${connection.renewAfter},
            ${connection.renewedAt}, ${connection.renewedAt})
    on conflict (tenant_id, id) do update
      set status = 'active', account_id = excluded.account_id, account_name = excluded.account_name,
          details = excluded.details, scopes = excluded.scopes, sealed_access = excluded.sealed_access,
          sealed_refresh = excluded.sealed_refresh, access_expires_at = excluded.access_expires_at,
          renew_after = excluded.renew_after, last_error = null, consented_at = excluded.consented_at,
          renewed_at = excluded.renewed_at, fence = mcp.connections.fence + 1, leased_until = null`.execute(tx);
}

/** Takes the lease on renewing for `seconds` by the database's time; the fence, or undefined while another holds it. */
export async function claimRenewal(tx: Tx, id: string, seconds: number): Promise<number | undefined> {
  const { rows } = await sql<{ fence: string | number }>`
    update mcp.connections
    set fence = fence + 1, leased_until = clock_timestamp() + make_interval(secs => ${seconds})
    where id = ${id} and (leased_until is null or leased_until <= clock_timestamp())
    returning fence`.execute(tx);
  return rows[0] === undefined ? undefined : Number(rows[0].fence);
}

interface Renewed extends StoredTokens {
  readonly id: string;
  readonly fence: number;
  readonly scopes: readonly string[] | undefined;
}

/** Stores renewed tokens and gives the lease back; false for a late holder. */
export async function settleRenewal(tx: Tx, renewed: Renewed): Promise<boolean> {
  const scopes = renewed.scopes === undefined ? null : [...renewed.scopes];
  const { rows } = await sql`
    update mcp.connections
    set sealed_access = ${renewed.sealedAccess}, sealed_refresh = coalesce(${renewed.sealedRefresh}, sealed_refresh),
        access_expires_at = ${renewed.accessExpiresAt}, renew_after = ${renewed.renewAfter}, renewed_at = ${renewed.renewedAt},
        scopes = coalesce(${scopes}::text[], scopes), status = 'active', last_error = null, leased_until = null
    where id = ${renewed.id} and fence = ${renewed.fence}
    returning id`.execute(tx);
  return rows.length > 0;
}

interface FailedRenewal {
  readonly id: string;
  readonly fence: number;
  readonly status: ConnectionStatus;
  readonly lastError: string;
}

/** Puts a failed renewal on the connection and gives the lease back; false for a late holder. */
export async function failRenewal(tx: Tx, { id, fence, status, lastError }: FailedRenewal): Promise<boolean> {
  const { rows } = await sql`
    update mcp.connections set status = ${status}, last_error = ${lastError}, leased_until = null
    where id = ${id} and fence = ${fence} returning id`.execute(tx);
  return rows.length > 0;
}

/** Marks a connection whose token ended and cannot be renewed. */
export async function endConnection(tx: Tx, id: string, status: ConnectionStatus, lastError: string): Promise<void> {
  await sql`update mcp.connections set status = ${status}, last_error = ${lastError} where id = ${id}`.execute(tx);
}

/** Deletes a connection; false where there is none. */
export async function deleteConnection(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.connections where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}
