import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Entry } from './format/entry.ts';

/** Where a tenant's lines are sealed up to: by transaction, then by id. */
export interface SealedTo {
  readonly xid: string;
  readonly entryId: string;
  /** Of another server: the database was restored on one that has counted fewer transactions. */
  readonly foreign: boolean;
  /** Every transaction up to this one is over. */
  readonly over: string;
}

const nothing = '00000000-0000-0000-0000-000000000000';

/**
 * Tenants, after one of them, with committed lines that are not sealed yet. Runs in the job. Beneath row-level security only leakproof
 * conditions reach an index, and `coalesce` is none: with it every line of every trail would be read each second.
 */
export async function selectUnsealedTenants(
  tx: Tx,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ tenantId: string }>`
    select organization.id as "tenantId"
    from mcp.organizations as organization left join mcp.audit_positions as sealed on sealed.tenant_id = organization.id
    where (${after ?? null}::uuid is null or organization.id > ${after ?? null}::uuid)
      and (sealed.xid >= pg_snapshot_xmax(pg_current_snapshot()) or (
        select true from mcp.audit_log as line
        where line.tenant_id = organization.id
          and (line.xid, line.id) > (
            case when sealed.xid is null then '0'::xid8 else sealed.xid end,
            case when sealed.entry_id is null then ${nothing}::uuid else sealed.entry_id end)
          and line.xid < pg_snapshot_xmin(pg_current_snapshot())
        order by line.xid, line.id limit 1))
    order by organization.id limit ${limit}`.execute(tx);
  return rows.map(({ tenantId }) => tenantId);
}

/** Takes the tenant's position until the transaction ends; undefined while another sealer has it. */
export async function lockPosition(tx: Tx, tenantId: string): Promise<SealedTo | undefined> {
  await sql`
    insert into mcp.audit_positions (tenant_id) values (${tenantId}) on conflict (tenant_id) do nothing`.execute(tx);
  const { rows } = await sql<SealedTo>`
    select xid::text, entry_id as "entryId", xid >= pg_snapshot_xmax(pg_current_snapshot()) as foreign,
      (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text as over
    from mcp.audit_positions where tenant_id = ${tenantId} for update skip locked`.execute(tx);
  return rows[0];
}

const entryColumns = sql`line.id,
  to_char(line.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
  line.actor, line.user_id as "userId", line.agent_id as "agentId", line.key_id as "keyId", line.action, line.subject,
  line.outcome, line.rule, line.detail, line.trace_id as "traceId"`;

interface UnsealedRow extends Entry {
  readonly xid: string;
}

interface UnsealedPage {
  readonly tenantId: string;
  readonly after: SealedTo;
  readonly limit: number;
}

/**
 * Committed lines after a position in the order in which they are sealed. Stopping short of the oldest open transaction
 * means that nothing can still commit before a line that is sealed. After a restore every line without a seal counts.
 */
export async function selectUnsealed(
  tx: Tx,
  { tenantId, after, limit }: UnsealedPage,
): Promise<readonly UnsealedRow[]> {
  const place = after.foreign
    ? sql`(line.xid < pg_snapshot_xmin(pg_current_snapshot()) or line.xid >= pg_snapshot_xmax(pg_current_snapshot()))`
    : sql`(line.xid, line.id) > (${after.xid}::text::xid8, ${after.entryId}::uuid)
        and line.xid < pg_snapshot_xmin(pg_current_snapshot())`;
  const { rows } = await sql<UnsealedRow>`
    select ${entryColumns}, line.xid::text
    from mcp.audit_log as line
    where line.tenant_id = ${tenantId} and ${place}
      and not exists (
        select from mcp.audit_chain as link where link.tenant_id = line.tenant_id and link.entry_id = line.id)
    order by line.xid, line.id limit ${limit}`.execute(tx);
  return rows;
}

export async function updatePosition(
  tx: Tx,
  tenantId: string,
  to: { readonly xid: string; readonly entryId: string },
): Promise<void> {
  await sql`
    update mcp.audit_positions set xid = ${to.xid}::text::xid8, entry_id = ${to.entryId}
    where tenant_id = ${tenantId}`.execute(tx);
}

/** A place of a chain. */
export interface ChainPlace {
  readonly seq: number;
  readonly hash: Buffer;
}

/** The last link of a tenant's chain, as the job reads it or the tenant itself. */
export async function selectLastLink(tx: Tx, tenantId: string): Promise<ChainPlace | undefined> {
  const { rows } = await sql<ChainPlace>`
    select seq, chain_hash as hash from mcp.audit_chain where tenant_id = ${tenantId} order by seq desc limit 1`.execute(
    tx,
  );
  return rows[0];
}

export async function selectLink(tx: Tx, tenantId: string, seq: number): Promise<ChainPlace | undefined> {
  const { rows } = await sql<ChainPlace>`
    select seq, chain_hash as hash from mcp.audit_chain
    where tenant_id = ${tenantId} and seq = ${seq}`.execute(tx);
  return rows[0];
}

interface NewLink {
  readonly seq: number;
  readonly entryId: string;
  /** Hex. */
  readonly entryHash: string;
  /** Hex. */
  readonly chainHash: string;
}

/** Appends links in one statement; a place or a line that is sealed already fails it. */
export async function insertLinks(tx: Tx, tenantId: string, links: readonly NewLink[]): Promise<void> {
  await sql`
    insert into mcp.audit_chain (tenant_id, seq, entry_id, entry_hash, chain_hash)
    select ${tenantId}::uuid, seq, "entryId", decode("entryHash", 'hex'), decode("chainHash", 'hex')
    from jsonb_to_recordset(${JSON.stringify(links)}::text::jsonb) as link (
      seq bigint, "entryId" uuid, "entryHash" text, "chainHash" text)`.execute(tx);
}

/** A link with the line that it seals; the fields of a line that is gone are null. */
export type LinkRow = {
  readonly seq: number;
  readonly hash: Buffer;
  readonly chain: Buffer;
  readonly entryId: string;
  readonly present: boolean;
} & Entry;

/** Links with their lines after a place, up to another. */
export async function selectLinks(
  tx: Tx,
  { after, until, limit }: { readonly after: number; readonly until: number; readonly limit: number },
): Promise<readonly LinkRow[]> {
  const { rows } = await sql<LinkRow>`
    select link.seq, link.entry_hash as hash, link.chain_hash as chain, link.entry_id as "entryId",
      line.id is not null as present, ${entryColumns}
    from (
      select * from mcp.audit_chain
      where tenant_id = current_setting('app.tenant_id')::uuid and seq > ${after} and seq <= ${until}
      order by seq limit ${limit}
    ) as link
    left join mcp.audit_log as line on line.tenant_id = link.tenant_id and line.id = link.entry_id
    order by link.seq`.execute(tx);
  return rows;
}

/** The place of the first line, by id, of a time or later. */
export async function selectSeqFrom(tx: Tx, at: string): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    select seq from mcp.audit_chain
    where tenant_id = current_setting('app.tenant_id')::uuid and entry_id >= mcp.id_at(${at}::timestamptz)
    order by entry_id limit 1`.execute(tx);
  return rows[0]?.seq;
}

/** The place of the last line, by id, before a time. */
export async function selectSeqBefore(tx: Tx, at: string): Promise<number | undefined> {
  const { rows } = await sql<{ seq: number }>`
    select seq from mcp.audit_chain
    where tenant_id = current_setting('app.tenant_id')::uuid and entry_id < mcp.id_at(${at}::timestamptz)
    order by entry_id desc limit 1`.execute(tx);
  return rows[0]?.seq;
}

/** The place before the first of up to `limit` links after a place that is not older than a time; or where those end. */
export async function selectCutWithin(
  tx: Tx,
  { after, before, limit }: { readonly after: number; readonly before: Date; readonly limit: number },
): Promise<{ readonly seq: number; readonly more: boolean }> {
  const { rows } = await sql<{ seq: number; old: boolean }>`
    select seq, entry_id < mcp.id_at(${before}::timestamptz) as old from mcp.audit_chain
    where tenant_id = current_setting('app.tenant_id')::uuid and seq > ${after}
    order by seq limit ${limit}`.execute(tx);
  const young = rows.find(({ old }) => !old);
  if (young !== undefined) return { seq: young.seq - 1, more: false };
  return { seq: rows.at(-1)?.seq ?? after, more: rows.length === limit };
}
