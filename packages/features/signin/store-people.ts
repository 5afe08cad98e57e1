import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A person who may sign in with a password. */
export interface PersonRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly status: 'active' | 'disabled';
  readonly passwordHash: string | null;
}

const columns = sql`id, email, name, status, password_hash as "passwordHash"`;

/** The organization of a slug, in a system transaction; one that is being deleted does not count. */
export async function selectTenantBySlug(tx: Tx, slug: string): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from mcp.organizations where slug = ${slug} and deleting_at is null`.execute(tx);
  return rows[0]?.id;
}

export async function selectPersonByEmail(tx: Tx, email: string): Promise<PersonRow | undefined> {
  const { rows } = await sql<PersonRow>`select ${columns} from mcp.users where email = ${email}`.execute(tx);
  return rows[0];
}

export async function selectPerson(tx: Tx, id: string): Promise<PersonRow | undefined> {
  const { rows } = await sql<PersonRow>`select ${columns} from mcp.users where id = ${id}`.execute(tx);
  return rows[0];
}

interface PasswordChange {
  readonly userId: string;
  /** The hash that is replaced; whoever changed it in the meantime was first. */
  readonly from: string;
  readonly to: string;
  readonly now: Date;
}

/** Replaces the hash of a password; whether it did. */
export async function replacePassword(tx: Tx, { userId, from, to, now }: PasswordChange): Promise<boolean> {
  const { rows } = await sql`
    update mcp.users set password_hash = ${to}, password_changed_at = ${now}
    where id = ${userId} and password_hash = ${from} returning id`.execute(tx);
  return rows.length === 1;
}

/** Replaces a hash by a dearer one of the same password. */
export async function renewHash(tx: Tx, { userId, from, to }: Omit<PasswordChange, 'now'>): Promise<void> {
  await sql`update mcp.users set password_hash = ${to} where id = ${userId} and password_hash = ${from}`.execute(tx);
}
