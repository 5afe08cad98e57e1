import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface OrganizationRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly settings: unknown;
  readonly createdAt: Date;
  /** Since when it is being deleted. */
  readonly deletingAt: Date | null;
}

const columns = sql`id, slug, name, settings, created_at as "createdAt", deleting_at as "deletingAt"`;

/** Inserts the organization; undefined where the slug is taken. */
export async function insertOrganization(
  tx: Tx,
  organization: { readonly id: string; readonly slug: string; readonly name: string },
): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`
    insert into mcp.organizations (id, slug, name) values (${organization.id}, ${organization.slug}, ${organization.name})
    on conflict (slug) do nothing
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** The organization of the open transaction. */
export async function selectOrganization(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`select ${columns} from mcp.organizations where id = ${id}`.execute(tx);
  return rows[0];
}

/** Lets other changes of the same organization's people wait until the transaction ends; writes of rows that refer to it go on. */
export async function lockOrganization(tx: Tx): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`select ${columns} from mcp.organizations for no key update`.execute(tx);
  return rows[0];
}

/** Renames the organization of the open transaction. */
export async function renameOrganization(tx: Tx, name: string): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`update mcp.organizations set name = ${name} returning ${columns}`.execute(
    tx,
  );
  return rows[0];
}

/** Stores settings over those of the organization of the open transaction. */
export async function mergeSettings(tx: Tx, changes: object): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`
    update mcp.organizations set settings = settings || ${JSON.stringify(changes)}::text::jsonb returning ${columns}`.execute(
    tx,
  );
  return rows[0];
}

/** Says that the organization of the open transaction is being deleted; the first time counts. */
export async function markDeleting(tx: Tx, at: Date, requestedBy: string): Promise<void> {
  await sql`
    update mcp.organizations set deleting_at = ${at}, deletion_requested_by = ${requestedBy}
    where deleting_at is null`.execute(tx);
}
