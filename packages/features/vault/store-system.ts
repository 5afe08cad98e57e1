import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A wrapped key of some tenant. */
export interface WrappedKeyRow {
  readonly tenantId: string;
  readonly version: number;
  readonly wrapped: Uint8Array;
}

type Position = Pick<WrappedKeyRow, 'tenantId' | 'version'>;

/** The master key that a wrapped key names; keys of the first format, 60 bytes, name none. */
const wrapper = sql<string | null>`
  case when octet_length(wrapped) > 60 then encode(substring(wrapped from 2 for 4), 'hex') end`;

/** Keys of any tenant that another master key than this one wraps, in order. */
export async function selectWrappedByOthers(
  tx: Tx,
  { masterId, after, limit }: { masterId: string; after: Position | undefined; limit: number },
): Promise<readonly WrappedKeyRow[]> {
  const beyond =
    after === undefined ? sql`` : sql`and (tenant_id, version) > (${after.tenantId}::uuid, ${after.version}::integer)`;
  const { rows } = await sql<WrappedKeyRow>`
    select tenant_id as "tenantId", version, wrapped from mcp.tenant_keys
    where ${wrapper} is distinct from ${masterId} ${beyond}
    order by tenant_id, version limit ${limit}::integer`.execute(tx);
  return rows;
}

/** Replaces a wrapping unless somebody was faster. */
export async function replaceWrapping(
  tx: Tx,
  { tenantId, version, wrapped }: WrappedKeyRow,
  anew: Uint8Array,
): Promise<boolean> {
  const { rows } = await sql`
    update mcp.tenant_keys set wrapped = ${anew}::bytea
    where tenant_id = ${tenantId}::uuid and version = ${version}::integer and wrapped = ${wrapped}::bytea
    returning 1`.execute(tx);
  return rows.length === 1;
}

/** How many keys each master key wraps; null for those that do not tell. */
export async function countByWrapper(tx: Tx): Promise<ReadonlyMap<string | null, number>> {
  const { rows } = await sql<{ id: string | null; count: number }>`
    select ${wrapper} as id, count(*) as count from mcp.tenant_keys group by 1`.execute(tx);
  return new Map(rows.map(({ id, count }) => [id, count]));
}

/** The key that was made last, of whichever tenant. */
export async function selectNewestKey(tx: Tx): Promise<WrappedKeyRow | undefined> {
  const { rows } = await sql<WrappedKeyRow>`
    select tenant_id as "tenantId", version, wrapped from mcp.tenant_keys order by created_at desc limit 1`.execute(tx);
  return rows[0];
}

/** Tenants that have keys which were replaced, in order, after one of them. */
export async function selectTenantsToKeep(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly string[]> {
  const beyond = after === undefined ? sql`` : sql`and tenant_id > ${after}::uuid`;
  const { rows } = await sql<{ tenantId: string }>`
    select distinct tenant_id as "tenantId" from mcp.tenant_keys where not current ${beyond}
    order by tenant_id limit ${limit}::integer`.execute(tx);
  return rows.map(({ tenantId }) => tenantId);
}

/** Some tenants whose current key sealed more than so many texts. */
export async function selectWornOut(tx: Tx, messages: number): Promise<readonly string[]> {
  const { rows } = await sql<{ tenantId: string }>`
    select tenant_id as "tenantId" from mcp.tenant_keys where current and messages > ${messages}::bigint limit 100`.execute(
    tx,
  );
  return rows.map(({ tenantId }) => tenantId);
}

/** Whether this transaction alone looks after the tenant's keys. */
export async function tryToKeep(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql<{ alone: boolean }>`
    select pg_try_advisory_xact_lock(727100130, hashtext(${tenantId})) as alone`.execute(tx);
  return rows[0]?.alone === true;
}
