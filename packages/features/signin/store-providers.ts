import type { Role } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { ProviderSettings } from './provider-settings.ts';

export interface ProviderRow extends Omit<ProviderSettings, 'roleClaim'> {
  readonly id: string;
  readonly roleClaim: string | null;
  /** Sealed; null for a public client. */
  readonly clientSecret: Buffer | null;
  readonly updatedAt: Date;
}

const columns = sql`id, name, issuer, client_id as "clientId", client_secret as "clientSecret", domains,
  auto_provision as "autoProvision", default_role as "defaultRole", role_claim as "roleClaim", roles, updated_at as "updatedAt"`;

export async function selectProvider(tx: Tx): Promise<ProviderRow | undefined> {
  const { rows } = await sql<ProviderRow>`select ${columns} from mcp.identity_providers`.execute(tx);
  return rows[0];
}

interface NewProvider extends ProviderSettings {
  readonly id: string;
  readonly tenantId: string;
  readonly clientSecret: Uint8Array | null;
  readonly now: Date;
}

/** Stores the provider in the place of the one before. */
export async function upsertProvider(tx: Tx, row: NewProvider): Promise<ProviderRow | undefined> {
  const { rows } = await sql<ProviderRow>`
    insert into mcp.identity_providers (tenant_id, id, name, issuer, client_id, client_secret, domains, auto_provision, default_role,
      role_claim, roles, updated_at)
    values (${row.tenantId}, ${row.id}, ${row.name}, ${row.issuer}, ${row.clientId}, ${row.clientSecret}::bytea, ${row.domains}::text[],
      ${row.autoProvision}, ${row.defaultRole}, ${row.roleClaim ?? null}, ${JSON.stringify(row.roles)}::text::jsonb, ${row.now})
    on conflict (tenant_id) do update set name = excluded.name, issuer = excluded.issuer, client_id = excluded.client_id,
      client_secret = excluded.client_secret, domains = excluded.domains, auto_provision = excluded.auto_provision,
      default_role = excluded.default_role, role_claim = excluded.role_claim, roles = excluded.roles,
      updated_at = excluded.updated_at
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Whether there was one. */
export async function deleteProvider(tx: Tx): Promise<boolean> {
  const { rows } = await sql`delete from mcp.identity_providers returning tenant_id`.execute(tx);
  return rows.length === 1;
}

interface Subject {
  readonly issuer: string;
  readonly subject: string;
}

/** The user who was bound to a subject. */
export async function selectBoundUser(tx: Tx, { issuer, subject }: Subject): Promise<string | undefined> {
  const { rows } = await sql<{ userId: string }>`
    select user_id as "userId" from mcp.user_identities where issuer = ${issuer} and subject = ${subject}`.execute(tx);
  return rows[0]?.userId;
}

/** Binds a user to a subject, once for each issuer; whether it did. */
export async function bindUser(
  tx: Tx,
  { tenantId, issuer, subject, userId }: Subject & { tenantId: string; userId: string },
): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.user_identities (tenant_id, issuer, subject, user_id)
    values (${tenantId}, ${issuer}, ${subject}, ${userId}) on conflict do nothing returning user_id`.execute(tx);
  return rows.length === 1;
}

interface NewPerson {
  readonly tenantId: string;
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
}

/** Inserts a user without a password; whether the address was free. */
export async function insertPerson(tx: Tx, { tenantId, id, email, name, role }: NewPerson): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.users (tenant_id, id, email, name, role) values (${tenantId}, ${id}, ${email}, ${name}, ${role})
    on conflict (tenant_id, email) do nothing returning id`.execute(tx);
  return rows.length === 1;
}

/** Gives a user another role, but does not take the last active owner away; returns the role before where it changed. */
export async function changeRole(tx: Tx, userId: string, role: Role): Promise<Role | undefined> {
  const { rows } = await sql<{ before: Role }>`
    with others as (
      select id from mcp.users where role = 'owner' and status = 'active' and id <> ${userId} for share
    ), before as (
      select role from mcp.users where id = ${userId} for update
    )
    update mcp.users u set role = ${role} from before
    where u.id = ${userId} and u.role <> ${role} and (u.role <> 'owner' or exists (select from others))
    returning before.role as before`.execute(tx);
  return rows[0]?.before;
}
