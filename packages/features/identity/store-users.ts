import type { Role } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export type UserStatus = 'active' | 'disabled';

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly status: UserStatus;
  /** Whether a password is stored; without one they sign in elsewhere. */
  readonly hasPassword: boolean;
  readonly createdAt: Date;
  readonly lastSignedInAt: Date | null;
}

const userColumns = sql`id, email, name, role, status, password_hash is not null as "hasPassword", created_at as "createdAt",
  last_signed_in_at as "lastSignedInAt"`;

interface NewUser extends Pick<UserRow, 'id' | 'email' | 'name' | 'role'> {
  readonly tenantId: string;
  readonly passwordHash: string | undefined;
}

/** Inserts a user; undefined where the address is taken. */
export async function insertUser(tx: Tx, user: NewUser): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    insert into mcp.users (tenant_id, id, email, name, role, password_hash, password_changed_at)
    values (${user.tenantId}, ${user.id}, ${user.email}, ${user.name}, ${user.role}, ${user.passwordHash ?? null}::text,
      case when ${user.passwordHash ?? null}::text is not null then now() end)
    on conflict (tenant_id, email) do nothing
    returning ${userColumns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectUsers(tx: Tx, after: string | undefined, limit: number): Promise<readonly UserRow[]> {
  const { rows } = await sql<UserRow>`
    select ${userColumns} from mcp.users where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectUser(tx: Tx, id: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`select ${userColumns} from mcp.users where id = ${id}`.execute(tx);
  return rows[0];
}

export async function selectUserByEmail(tx: Tx, email: string): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`select ${userColumns} from mcp.users where email = ${email}`.execute(tx);
  return rows[0];
}

/** Whether there is such an active user, who then stays until the transaction ends. */
export async function holdActiveUser(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    select from mcp.users where id = ${id} and status = 'active' for share`.execute(tx);
  return rows.length > 0;
}

/** How many active owners there are besides this user. */
export async function countOtherOwners(tx: Tx, id: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.users where role = 'owner' and status = 'active' and id <> ${id}`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** Changes what is given of a user. */
export async function updateUser(
  tx: Tx,
  id: string,
  { name, role, status }: Partial<Pick<UserRow, 'name' | 'role' | 'status'>>,
): Promise<UserRow | undefined> {
  const { rows } = await sql<UserRow>`
    update mcp.users set name = coalesce(${name ?? null}, name), role = coalesce(${role ?? null}, role),
      status = coalesce(${status ?? null}, status)
    where id = ${id} returning ${userColumns}`.execute(tx);
  return rows[0];
}

/** Removes a user, with their keys and sign-ins. */
export async function deleteUser(tx: Tx, id: string): Promise<void> {
  await sql`delete from mcp.users where id = ${id}`.execute(tx);
}

/** Lets nobody sign in any more. */
export async function disableAllUsers(tx: Tx): Promise<void> {
  await sql`update mcp.users set status = 'disabled' where status = 'active'`.execute(tx);
}
