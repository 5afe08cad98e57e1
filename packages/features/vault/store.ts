import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A tenant's key as it is stored. */
export interface TenantKeyRow {
  readonly version: number;
  readonly wrapped: Uint8Array;
  /** Whether an earlier transaction stored it; a key of this one may still be rolled back. */
  readonly settled: boolean;
}

export interface TenantKeyState {
  readonly version: number;
  readonly wrapped: Uint8Array;
  readonly current: boolean;
  readonly messages: number;
  readonly createdAt: Date;
  readonly unusedSince: Date | null;
}

/** On it the tenants whose keys were destroyed are told, when their transaction commits. */
export const shredChannel = 'vault_shredded';

/**
 * The key that seals, held so that no other transaction deletes it before what is sealed under it commits; undefined where
 * there is none, or where it was replaced a moment ago.
 */
export async function holdCurrentKey(tx: Tx): Promise<(TenantKeyRow & { readonly messages: number }) | undefined> {
  const { rows } = await sql<TenantKeyRow & { readonly messages: number }>`
    select version, wrapped, messages, created_at < now() as settled
    from mcp.tenant_keys where current for key share`.execute(tx);
  return rows[0];
}

export async function selectTenantKey(tx: Tx, version: number): Promise<TenantKeyRow | undefined> {
  const { rows } = await sql<TenantKeyRow>`
    select version, wrapped, created_at < now() as settled from mcp.tenant_keys where version = ${version}`.execute(tx);
  return rows[0];
}

/** Adds the first key unless there is one. */
export async function insertFirstKey(tx: Tx, wrapped: Uint8Array): Promise<void> {
  await sql`
    insert into mcp.tenant_keys (tenant_id, version, wrapped, current)
    select current_setting('app.tenant_id')::uuid, 1, ${wrapped}::bytea, true
    where not exists (select from mcp.tenant_keys)
    on conflict do nothing`.execute(tx);
}

/** Waits for other rotations of the tenant, keeps them out, and tells the versions of its keys in order. */
export async function lockVersions(tx: Tx): Promise<readonly number[]> {
  // A statement that waits does not see what it waited for, so the look is another one.
  await sql`select pg_advisory_xact_lock(727100131, hashtext(current_setting('app.tenant_id')))`.execute(tx);
  const { rows } = await sql<{ version: number }>`select version from mcp.tenant_keys order by version`.execute(tx);
  return rows.map(({ version }) => version);
}

/** Puts a key in the place of the current one. */
export async function replaceCurrentKey(tx: Tx, version: number, wrapped: Uint8Array): Promise<void> {
  await sql`update mcp.tenant_keys set current = false where current`.execute(tx);
  await sql`
    insert into mcp.tenant_keys (tenant_id, version, wrapped, current)
    values (current_setting('app.tenant_id')::uuid, ${version}, ${wrapped}, true)`.execute(tx);
}

export async function addMessages(tx: Tx, version: number, count: number): Promise<void> {
  await sql`update mcp.tenant_keys set messages = messages + ${count}::bigint where version = ${version}`.execute(tx);
}

/** Oldest first. */
export async function selectKeys(tx: Tx): Promise<readonly TenantKeyState[]> {
  const { rows } = await sql<TenantKeyState>`
    select version, wrapped, current, messages, created_at as "createdAt", unused_since as "unusedSince"
    from mcp.tenant_keys order by version`.execute(tx);
  return rows;
}

/** Destroys every key of the tenant, and tells every process when it commits. */
export async function deleteAllKeys(tx: Tx): Promise<void> {
  await sql`delete from mcp.tenant_keys`.execute(tx);
  await sql`select pg_notify(${shredChannel}, current_setting('app.tenant_id'))`.execute(tx);
}

/**
 * The versions that were replaced, locked: whoever sealed under one of them has committed before this returns, and nobody
 * will again.
 */
export async function lockReplacedKeys(tx: Tx, graceSeconds: number): Promise<readonly ReplacedKey[]> {
  const { rows } = await sql<ReplacedKey>`
    select version, unused_since is not null as unused,
      coalesce(unused_since < clock_timestamp() - make_interval(secs => ${graceSeconds}::double precision), false) as over
    from mcp.tenant_keys where not current order by version for update`.execute(tx);
  return rows;
}

export interface ReplacedKey {
  readonly version: number;
  /** Nothing was sealed under it when it was looked at last. */
  readonly unused: boolean;
  /** And that was longer ago than the grace. */
  readonly over: boolean;
}

export async function markUnused(tx: Tx, version: number, unused: boolean): Promise<void> {
  await sql`
    update mcp.tenant_keys set unused_since = case when ${unused}::boolean then clock_timestamp() end
    where version = ${version} and not current`.execute(tx);
}

export async function deleteKey(tx: Tx, version: number): Promise<void> {
  await sql`delete from mcp.tenant_keys where version = ${version} and not current`.execute(tx);
}
