import type { KeyType, Role, Scope } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface KeyRow {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly type: KeyType;
  readonly prefix: string;
  readonly scopes: Scope[];
  readonly agentId: string | null;
  readonly userId: string | null;
  readonly toolsAllow: string[] | null;
  readonly toolsDeny: string[];
  readonly rotatedFrom: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date | null;
  readonly revokedAt: Date | null;
  readonly lastUsedAt: Date | null;
}

const keyColumns = sql`keys.id, keys.tenant_id as "tenantId", keys.name, keys.type, keys.prefix, keys.scopes,
  keys.agent_id as "agentId", keys.user_id as "userId", keys.tools_allow as "toolsAllow", keys.tools_deny as "toolsDeny",
  keys.rotated_from as "rotatedFrom", keys.created_at as "createdAt", keys.expires_at as "expiresAt",
  keys.revoked_at as "revokedAt", keys.last_used_at as "lastUsedAt"`;

export interface NewKey extends Pick<KeyRow, 'id' | 'tenantId' | 'name' | 'type' | 'prefix'> {
  readonly hash: Buffer;
  readonly scopes: readonly Scope[];
  readonly agentId: string | undefined;
  readonly userId: string | undefined;
  readonly toolsAllow: readonly string[] | undefined;
  readonly toolsDeny: readonly string[];
  readonly rotatedFrom: string | undefined;
  readonly expiresAt: Date | undefined;
}

/** Inserts a key; undefined where its agent does not exist. */
export async function insertKey(tx: Tx, key: NewKey): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    insert into mcp.api_keys as keys (id, tenant_id, name, type, prefix, token_hash, scopes, agent_id, user_id, tools_allow,
      tools_deny, rotated_from, expires_at)
    select ${key.id}::uuid, ${key.tenantId}::uuid, ${key.name}, ${key.type}, ${key.prefix}, ${key.hash}::bytea,
      ${[...key.scopes]}::text[], ${key.agentId ?? null}::uuid, ${key.userId ?? null}::uuid, ${key.toolsAllow ?? null}::text[],
      ${[...key.toolsDeny]}::text[], ${key.rotatedFrom ?? null}::uuid, ${key.expiresAt ?? null}::timestamptz
    where ${key.agentId ?? null}::uuid is null
       or exists (select 1 from mcp.agent_manifests where id = ${key.agentId ?? null}::uuid)
    returning ${keyColumns}`.execute(tx);
  return rows[0];
}

interface KeyPage {
  readonly after: string | undefined;
  readonly limit: number;
  /** Only the keys of this person. */
  readonly userId?: string | undefined;
}

/** Newest first, one more than `limit`. */
export async function selectKeys(tx: Tx, { after, limit, userId }: KeyPage): Promise<readonly KeyRow[]> {
  const { rows } = await sql<KeyRow>`
    select ${keyColumns} from mcp.api_keys as keys
    where (${after ?? null}::uuid is null or id < ${after ?? null}::uuid)
      and (${userId ?? null}::uuid is null or user_id = ${userId ?? null}::uuid)
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** The key, held until the transaction ends. */
export async function lockKey(tx: Tx, id: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    select ${keyColumns} from mcp.api_keys as keys where id = ${id} for update`.execute(tx);
  return rows[0];
}

/** Whether a key has taken the place of this one. */
export async function hasSuccessor(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`select from mcp.api_keys where rotated_from = ${id}`.execute(tx);
  return rows.length > 0;
}

/** Lets a key end at a time at the latest. */
export async function endKeyAt(tx: Tx, id: string, at: Date): Promise<void> {
  await sql`update mcp.api_keys set expires_at = least(expires_at, ${at}::timestamptz) where id = ${id}`.execute(tx);
}

/** Revokes a key, keeping the first time it was revoked; undefined where there is none. */
export async function revokeKey(tx: Tx, id: string): Promise<KeyRow | undefined> {
  const { rows } = await sql<KeyRow>`
    update mcp.api_keys as keys set revoked_at = coalesce(revoked_at, now()) where id = ${id}
    returning ${keyColumns}`.execute(tx);
  return rows[0];
}

/** Revokes every key of the organization. */
export async function revokeAllKeys(tx: Tx): Promise<void> {
  await sql`update mcp.api_keys set revoked_at = now() where revoked_at is null`.execute(tx);
}

/** A key with what its owner and its organization are now. */
export interface PresentedKey extends KeyRow {
  readonly role: Role | null;
  readonly ownerStatus: 'active' | 'disabled' | null;
  readonly deleting: boolean;
}

const presented = sql`
  select ${keyColumns}, users.role, users.status as "ownerStatus", organizations.deleting_at is not null as deleting
  from mcp.api_keys as keys
  join mcp.organizations on organizations.id = keys.tenant_id
  left join mcp.users on users.tenant_id = keys.tenant_id and users.id = keys.user_id`;

/** The key with this hash, of whichever organization: one indexed read, and with it its owner and its organization. */
export async function selectKeyByHash(tx: Tx, hash: Buffer): Promise<PresentedKey | undefined> {
  const { rows } = await sql<PresentedKey>`${presented} where keys.token_hash = ${hash}`.execute(tx);
  return rows[0];
}

/** A key of the tenant by its id, with its owner. */
export async function selectPresentedKey(tx: Tx, id: string): Promise<PresentedKey | undefined> {
  const { rows } = await sql<PresentedKey>`${presented} where keys.id = ${id}`.execute(tx);
  return rows[0];
}

/** Notes that a key is used now. */
export async function touchKey(tx: Tx, id: string): Promise<void> {
  await sql`update mcp.api_keys set last_used_at = now() where id = ${id}`.execute(tx);
}
