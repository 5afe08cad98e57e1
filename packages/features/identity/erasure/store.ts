import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Reference } from './order.ts';

/** How the rows of a table are removed: as the organization, as the job, or with the row of the organization itself. */
type Remover = 'organization' | 'job' | 'cascade';

/** A table that has rows of organizations. */
export interface TenantTable {
  readonly name: string;
  /** The columns of its primary key. */
  readonly key: string[];
  readonly remover: Remover | null;
}

/** Every table of the schema that names a tenant, from the catalogue; of partitioned ones the whole. */
export async function selectTenantTables(tx: Tx): Promise<readonly TenantTable[]> {
  const { rows } = await sql<TenantTable>`
    select c.relname as name,
      array(
        select a.attname::text from pg_index i
        cross join unnest(i.indkey::smallint[]) with ordinality as part (number, place)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = part.number
        where i.indrelid = c.oid and i.indisprimary order by part.place) as key,
      case
        when has_table_privilege('devmesh_app', c.oid, 'delete') then 'organization'
        when exists (select from pg_policy p where p.polrelid = c.oid and p.polname = 'system_erase') then 'job'
        when exists (
          select from pg_constraint f
          where f.conrelid = c.oid and f.contype = 'f' and f.confdeltype = 'c' and f.confrelid = 'mcp.organizations'::regclass)
          then 'cascade'
      end as remover
    from pg_class c
    join pg_attribute t on t.attrelid = c.oid and t.attname = 'tenant_id' and not t.attisdropped
    where c.relnamespace = 'mcp'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'tombstones'
    order by c.relname`.execute(tx);
  return rows;
}

/** Which table of the schema refers to which. */
export async function selectReferences(tx: Tx): Promise<readonly Reference[]> {
  const { rows } = await sql<Reference>`
    select distinct source.relname as "from", target.relname as "to"
    from pg_constraint f
    join pg_class source on source.oid = f.conrelid and not source.relispartition
    join pg_class target on target.oid = f.confrelid and not target.relispartition
    where f.contype = 'f' and f.connamespace = 'mcp'::regnamespace`.execute(tx);
  return rows;
}

/** The organizations that wait to be erased, longest first. */
export async function selectDeleting(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from mcp.organizations where deleting_at is not null order by deleting_at limit 100`.execute(tx);
  return rows.map(({ id }) => id);
}

/** The organizations that have been gone for an hour: nothing that was under way then can leave anything behind any more. */
export async function selectUnswept(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select tenant_id as id from mcp.tombstones 
    where swept_at is null and deleted_at < now() - interval '1 hour' order by deleted_at limit 100`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Lets another process at the same organization wait for another time; whether this one may go on until the transaction ends. */
export async function tryErasing(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(727100105, hashtext(${tenantId})) as locked`.execute(tx);
  return rows[0]?.locked === true;
}

/** Whether the organization of the open transaction is being deleted, or is deleted. */
export async function isEnding(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql`
    select from mcp.organizations where id = ${tenantId} and deleting_at is not null
    union all select from mcp.tombstones where tenant_id = ${tenantId}`.execute(tx);
  return rows.length > 0;
}

/** Makes a transaction of the job see the one organization that it is about. */
export async function lookAt(tx: Tx, tenantId: string): Promise<void> {
  await sql`select set_config('app.tenant_id', ${tenantId}, true)`.execute(tx);
}

interface Batch {
  readonly tenantId: string;
  readonly limit: number;
}

/** Removes up to `limit` rows of an organization in the order of their key; how many there were. */
export async function deleteRows(tx: Tx, { name, key }: TenantTable, { tenantId, limit }: Batch): Promise<number> {
  const columns = sql.join(key.map((column) => sql.ref(column)));
  const table = sql.table(`mcp.${name}`);
  const same = sql.join(
    key.map((column) => sql`doomed.${sql.ref(column)} = batch.${sql.ref(column)}`),
    sql` and `,
  );
  const { rows } = await sql<{ count: number }>`
    with batch as (select ${columns} from ${table} where tenant_id = ${tenantId} order by ${columns} limit ${limit}),
    gone as (delete from ${table} as doomed using batch where doomed.tenant_id = ${tenantId} and ${same} returning 1)
    select count(*)::integer as count from gone`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** Keeps where the audit trail of the organization ended, until the tombstone takes it over. */
export async function noteAuditEnd(tx: Tx, end: Uint8Array): Promise<void> {
  await sql`
    update mcp.organizations set deletion_audit_end = ${end} where deleting_at is not null and deletion_audit_end is null`.execute(
    tx,
  );
}

/** Puts the tombstone in the place of the organization, with whose row everything goes that refers to it. */
export async function bury(tx: Tx, tenantId: string): Promise<void> {
  await sql`
    insert into mcp.tombstones (tenant_id, slug_hash, requested_at, requested_by, audit_end)
    select id, sha256(convert_to(id::text || ' ' || slug, 'UTF8')), deleting_at, deletion_requested_by, deletion_audit_end
    from mcp.organizations where id = ${tenantId} and deleting_at is not null
    on conflict (tenant_id) do nothing`.execute(tx);
  await sql`delete from mcp.organizations where id = ${tenantId} and deleting_at is not null`.execute(tx);
}

/** Says that nothing is left. */
export async function markSwept(tx: Tx, tenantId: string): Promise<void> {
  await sql`
    update mcp.tombstones set swept_at = now() where tenant_id = ${tenantId} and swept_at is null`.execute(tx);
}
