import type { Role } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface InvitationRow {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly invitedByUser: string | null;
  readonly invitedByKey: string | null;
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
}

const columns = sql`id, email, role, created_at as "createdAt", expires_at as "expiresAt", invited_by_user as "invitedByUser",
  invited_by_key as "invitedByKey", accepted_at as "acceptedAt", revoked_at as "revokedAt"`;

const isOpen = sql`accepted_at is null and revoked_at is null`;

interface NewInvitation extends Pick<InvitationRow, 'id' | 'email' | 'role' | 'expiresAt'> {
  readonly tenantId: string;
  readonly hash: Buffer;
  readonly invitedByUser: string | undefined;
  readonly invitedByKey: string | undefined;
}

/** Inserts an invitation; undefined where the address has an open one. */
export async function insertInvitation(tx: Tx, invitation: NewInvitation): Promise<InvitationRow | undefined> {
  const { rows } = await sql<InvitationRow>`
    insert into mcp.invitations (tenant_id, id, email, role, token_hash, expires_at, invited_by_user, invited_by_key)
    values (${invitation.tenantId}, ${invitation.id}, ${invitation.email}, ${invitation.role}, ${invitation.hash},
      ${invitation.expiresAt}, ${invitation.invitedByUser ?? null}, ${invitation.invitedByKey ?? null})
    on conflict do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectInvitations(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly InvitationRow[]> {
  const { rows } = await sql<InvitationRow>`
    select ${columns} from mcp.invitations where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** How many could still be accepted. */
export async function countOpenInvitations(tx: Tx, now: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.invitations where ${isOpen} and expires_at > ${now}`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Revokes the open invitation of an address, expired or not: another takes its place. */
export async function revokeInvitationOf(tx: Tx, email: string, now: Date): Promise<void> {
  await sql`update mcp.invitations set revoked_at = ${now} where email = ${email} and ${isOpen}`.execute(tx);
}

/** Revokes an invitation unless it was accepted or revoked; undefined where there is none. */
export async function revokeInvitation(tx: Tx, id: string, now: Date): Promise<InvitationRow | undefined> {
  const { rows } = await sql<InvitationRow>`
    update mcp.invitations set revoked_at = case when accepted_at is null then coalesce(revoked_at, ${now}::timestamptz) end
    where id = ${id} returning ${columns}`.execute(tx);
  return rows[0];
}

/** Removes invitations that ended before a time. */
export async function deleteEndedInvitations(tx: Tx, before: Date): Promise<void> {
  await sql`
    delete from mcp.invitations where coalesce(accepted_at, revoked_at, expires_at) < ${before}`.execute(tx);
}

/** The organization that a token invites to. */
export async function selectTenantOfInvitation(tx: Tx, hash: Buffer): Promise<string | undefined> {
  const { rows } = await sql<{ tenantId: string }>`
    select tenant_id as "tenantId" from mcp.invitations where token_hash = ${hash}`.execute(tx);
  return rows[0]?.tenantId;
}

/** The invitation with this token, if it can be accepted. */
export async function selectOpenInvitation(tx: Tx, hash: Buffer, now: Date): Promise<InvitationRow | undefined> {
  const { rows } = await sql<InvitationRow>`
    select ${columns} from mcp.invitations where token_hash = ${hash} and ${isOpen} and expires_at > ${now}`.execute(
    tx,
  );
  return rows[0];
}

interface Acceptance {
  readonly userId: string;
  readonly now: Date;
}

/** Uses an invitation up, for the one caller who is first; undefined for everybody else. */
export async function acceptInvitation(
  tx: Tx,
  hash: Buffer,
  { userId, now }: Acceptance,
): Promise<InvitationRow | undefined> {
  const { rows } = await sql<InvitationRow>`
    update mcp.invitations set accepted_at = ${now}, accepted_by = ${userId}
    where token_hash = ${hash} and ${isOpen} and expires_at > ${now} returning ${columns}`.execute(tx);
  return rows[0];
}
