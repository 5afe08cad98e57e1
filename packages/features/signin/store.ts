import type { Role, Scope } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** Why a sign-in ended before its time. */
export type EndReason = 'signed_out' | 'revoked' | 'reused' | 'password_changed' | 'crowded_out';

export interface SignInRow {
  readonly id: string;
  readonly userId: string;
  readonly client: string;
  readonly audience: string;
  /** Null: everything that the role allows. */
  readonly scopes: Scope[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date;
  readonly revokedAt: Date | null;
  readonly revokedReason: EndReason | null;
}

/** A sign-in with what its person is now. */
export interface SignInOfUser extends SignInRow {
  readonly role: Role;
  readonly status: 'active' | 'disabled';
  /** Whether the organization is on its way out. */
  readonly deleting: boolean;
}

const columns = sql`s.id, s.user_id as "userId", s.client, s.audience, s.scopes, s.created_at as "createdAt",
  s.expires_at as "expiresAt", s.last_used_at as "lastUsedAt", s.revoked_at as "revokedAt", s.revoked_reason as "revokedReason"`;

const present = sql`u.role, u.status, o.deleting_at is not null as deleting`;

type NewSignIn = Pick<SignInRow, 'id' | 'userId' | 'client' | 'audience' | 'expiresAt'> & {
  readonly tenantId: string;
  readonly scopes: readonly Scope[] | null;
  readonly now: Date;
};

/** Inserts the sign-in of an active user and notes it there; false where there is no such user. */
export async function insertSignIn(tx: Tx, row: NewSignIn): Promise<boolean> {
  const { rows } = await sql`
    with person as (
      update mcp.users u set last_signed_in_at = ${row.now} from mcp.organizations o
      where u.id = ${row.userId} and u.status = 'active' and o.id = u.tenant_id and o.deleting_at is null
      returning u.id
    )
    insert into mcp.sign_ins (tenant_id, id, user_id, client, audience, scopes, created_at, last_used_at, expires_at)
    select ${row.tenantId}, ${row.id}, person.id, ${row.client}, ${row.audience}, ${row.scopes}::text[], ${row.now}, ${row.now},
      ${row.expiresAt}
    from person returning id`.execute(tx);
  return rows.length === 1;
}

/** Ends all but the newest `keep` live sign-ins of a user. */
export async function endOldest(tx: Tx, userId: string, { keep, now }: { keep: number; now: Date }): Promise<void> {
  await sql`
    update mcp.sign_ins set revoked_at = ${now}, revoked_reason = 'crowded_out'
    where user_id = ${userId} and revoked_at is null and id in (
      select id from mcp.sign_ins where user_id = ${userId} and revoked_at is null and expires_at > ${now}
      order by id desc offset ${keep})`.execute(tx);
}

export async function selectSignIn(tx: Tx, id: string): Promise<SignInOfUser | undefined> {
  const { rows } = await sql<SignInOfUser>`
    select ${columns}, ${present} from mcp.sign_ins s
    join mcp.users u on u.tenant_id = s.tenant_id and u.id = s.user_id
    join mcp.organizations o on o.id = s.tenant_id
    where s.id = ${id}`.execute(tx);
  return rows[0];
}

/** Notes the use of a sign-in and holds it until the transaction ends; undefined where it does not exist. */
export async function useSignIn(tx: Tx, id: string, now: Date): Promise<SignInOfUser | undefined> {
  const { rows } = await sql<SignInOfUser>`
    update mcp.sign_ins s set last_used_at = ${now} from mcp.users u, mcp.organizations o
    where s.id = ${id} and u.tenant_id = s.tenant_id and u.id = s.user_id and o.id = s.tenant_id
    returning ${columns}, ${present}`.execute(tx);
  return rows[0];
}

interface SignInPage {
  readonly userId: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Newest first, one more than `limit`. */
export async function selectSignInsOfUser(tx: Tx, { userId, after, limit }: SignInPage): Promise<readonly SignInRow[]> {
  const { rows } = await sql<SignInRow>`
    select ${columns} from mcp.sign_ins s
    where s.user_id = ${userId} and (${after ?? null}::uuid is null or s.id < ${after ?? null}::uuid)
    order by s.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

interface Ending {
  readonly reason: EndReason;
  readonly now: Date;
  /** Where given, only a sign-in of this user. */
  readonly userId?: string;
}

/** Ends a sign-in; undefined where it does not exist. One that has ended keeps its first reason. */
export async function endSignIn(tx: Tx, id: string, { reason, now, userId }: Ending): Promise<SignInRow | undefined> {
  const { rows } = await sql<SignInRow>`
    update mcp.sign_ins s set revoked_at = coalesce(revoked_at, ${now}), revoked_reason = coalesce(revoked_reason, ${reason})
    where s.id = ${id} and (${userId ?? null}::uuid is null or s.user_id = ${userId ?? null}::uuid)
    returning ${columns}`.execute(tx);
  return rows[0];
}

interface EndingOfUser extends Ending {
  readonly userId: string;
  readonly except?: string | undefined;
  /** Where given, only those of this client for this audience. */
  readonly through?: { readonly client: string; readonly audience: string } | undefined;
}

/** Ends the live sign-ins of a user; returns which. */
export async function endSignInsOfUser(tx: Tx, ending: EndingOfUser): Promise<readonly string[]> {
  const { userId, except, through, reason, now } = ending;
  const { rows } = await sql<{ id: string }>`
    update mcp.sign_ins set revoked_at = ${now}, revoked_reason = ${reason}
    where user_id = ${userId} and revoked_at is null and expires_at > ${now}
      and (${except ?? null}::uuid is null or id <> ${except ?? null}::uuid)
      and (${through?.client ?? null}::text is null or client = ${through?.client ?? null}::text)
      and (${through?.audience ?? null}::text is null or audience = ${through?.audience ?? null}::text)
    returning id`.execute(tx);
  return rows.map(({ id }) => id);
}

interface NewRefreshToken {
  readonly tenantId: string;
  readonly hash: Buffer;
  readonly signInId: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

export async function insertRefreshToken(tx: Tx, row: NewRefreshToken): Promise<void> {
  await sql`
    insert into mcp.refresh_tokens (tenant_id, token_hash, sign_in_id, created_at, expires_at)
    values (${row.tenantId}, ${row.hash}, ${row.signInId}, ${row.now}, ${row.expiresAt})`.execute(tx);
}

/** Uses a token up and returns its sign-in, for the one caller who is first; undefined for everybody else. */
export async function claimRefreshToken(tx: Tx, hash: Buffer, now: Date): Promise<string | undefined> {
  const { rows } = await sql<{ signInId: string }>`
    update mcp.refresh_tokens set used_at = ${now} where token_hash = ${hash} and used_at is null and expires_at > ${now}
    returning sign_in_id as "signInId"`.execute(tx);
  return rows[0]?.signInId;
}

/** The sign-in whose token this was, if it was used before. */
export async function selectUsedRefreshToken(tx: Tx, hash: Buffer): Promise<string | undefined> {
  const { rows } = await sql<{ signInId: string }>`
    select sign_in_id as "signInId" from mcp.refresh_tokens where token_hash = ${hash} and used_at is not null`.execute(
    tx,
  );
  return rows[0]?.signInId;
}

/** Deletes sign-ins, with their tokens, that ended before a time; returns how many. */
export async function deleteEnded(tx: Tx, { before, limit }: { before: Date; limit: number }): Promise<number> {
  const { rows } = await sql`
    delete from mcp.sign_ins where (tenant_id, id) in (
      select tenant_id, id from mcp.sign_ins where expires_at < ${before} order by expires_at limit ${limit})
    returning id`.execute(tx);
  return rows.length;
}
