import type { KeyType, Scope } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface OrganizationRow {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly createdAt: Date;
}

export interface KeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly type: KeyType;
  readonly prefix: string;
  readonly scopes: Scope[];
  readonly agentId: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const keyColumns = sql`id, tenant_id as "tenantId", name, type, prefix, scopes, agent_id as "agentId", created_at as "createdAt",
  expires_at as "expiresAt", revoked_at as "revokedAt", last_used_at as "lastUsedAt"`;

/** Inserts the organization; undefined where the slug is taken. */
export async function insertOrganization(
  tx: Tx,
  organization: { readonly id: string; readonly slug: string; readonly name: string },
): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`
    insert into mcp.organizations (id, slug, name) values (${organization.id}, ${organization.slug}, ${organization.name})
    on conflict (slug) do nothing
    returning id, slug, name, created_at as "createdAt"`.execute(tx);
  return rows[0];
}

/** The organization of the open transaction. */
export async function selectOrganization(tx: Tx, id: string): Promise<OrganizationRow | undefined> {
  const { rows } = await sql<OrganizationRow>`
    select id, slug, name, created_at as "createdAt" from mcp.organizations where id = ${id}`.execute(tx);
  return rows[0];
}

interface NewKey {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly type: KeyType;
  readonly prefix: string;
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
  readonly agentId: string | undefined;
  readonly expiresAt: string | undefined;
}

/** Inserts a key; undefined where its agent does not exist. */
export async function insertKey(tx: Tx, key: NewKey): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    insert into mcp.api_keys (id, tenant_id, name, type, prefix, token_hash, scopes, agent_id, expires_at)
    select ${key.id}::uuid, ${key.tenantId}::uuid, ${key.name}, ${key.type}, ${key.prefix}, ${key.hash}::bytea,
           ${[...key.scopes]}::text[], ${key.agentId ?? null}::uuid, ${key.expiresAt ?? null}::timestamptz
    where ${key.agentId ?? null}::uuid is null
       or exists (select 1 from mcp.agent_manifests where id = ${key.agentId ?? null}::uuid)
    returning ${keyColumns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectKeys(tx: Tx, after: string | undefined, limit: number): Promise<readonly KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    select ${keyColumns} from mcp.api_keys
    where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Revokes a key, keeping the first time it was revoked; undefined where there is none. */
export async function revokeKey(tx: Tx, id: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    update mcp.api_keys set revoked_at = coalesce(revoked_at, now()) where id = ${id} returning ${keyColumns}`.execute(
    tx,
  );
  return rows[0];
}

/** The key with this hash, of whichever organization: one indexed read. */
export async function selectKeyByHash(tx: Tx, hash: Buffer): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`select ${keyColumns} from mcp.api_keys where token_hash = ${hash}`.execute(tx);
  return rows[0];
}

/** Notes that a key is used now. */
export async function touchKey(tx: Tx, id: string): Promise<void> {
  await sql`update mcp.api_keys set last_used_at = now() where id = ${id}`.execute(tx);
}
