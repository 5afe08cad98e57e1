import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A table that grows with time. */
export interface GrowingTable {
  readonly name: string;
  readonly partitioned: boolean;
}

/** The tables that retention is about; what refers to others comes before them. */
export async function selectGrowingTables(tx: Tx): Promise<readonly GrowingTable[]> {
  const { rows } = await sql<GrowingTable>`
    select table_name as name, exists (
      select from pg_partitioned_table where partrelid = format('mcp.%I', table_name)::regclass
    ) as partitioned
    from mcp.growing_tables()`.execute(tx);
  return rows;
}

/** Makes the next partition that a table lacks; undefined when it lacks none. */
export async function makeNextPartition(tx: Tx, table: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string | null }>`select mcp.make_next_partition(${table}) as name`.execute(tx);
  return rows[0]?.name ?? undefined;
}

/** The partitions of a table that no organization needs any more. */
export async function selectExpiredPartitions(tx: Tx, table: string): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select mcp.expired_partitions(${table}) as name`.execute(tx);
  return rows.map(({ name }) => name);
}

/** Drops a partition; false where it turns out to be needed. */
export async function dropPartition(tx: Tx, table: string, partition: string): Promise<boolean> {
  const { rows } = await sql<{ dropped: boolean }>`
    select mcp.drop_partition(${table}, ${partition}) as dropped`.execute(tx);
  return rows[0]?.dropped === true;
}

/** An organization with rows that are past its retention. */
export interface Overdue {
  readonly tenantId: string;
  readonly expiredBefore: Date;
}

/** Organizations that have expired rows in a table, in the order of their ids, after one of them. */
export async function selectOverdue(
  tx: Tx,
  table: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly Overdue[]> {
  const { rows } = await sql<Overdue>`
    select tenant_id as "tenantId", expired_before as "expiredBefore"
    from mcp.tenants_with_expired(${table}, ${after ?? null}::uuid, ${limit}::integer)`.execute(tx);
  return rows;
}

/** Deletes up to about `limit` expired rows of an organization; undefined where another process works on this table. */
export async function deleteExpired(
  tx: Tx,
  table: string,
  { tenantId, expiredBefore, limit }: Overdue & { readonly limit: number },
): Promise<number | undefined> {
  const { rows } = await sql<{ deleted: number | null }>`
    select mcp.delete_expired(${table}, ${tenantId}::uuid, ${expiredBefore}::timestamptz, ${limit}::integer) as deleted`.execute(
    tx,
  );
  return rows[0]?.deleted ?? undefined;
}
