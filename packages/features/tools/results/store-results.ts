import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** A stored result, without its content. */
export interface ResultRow {
  readonly id: string;
  readonly tool: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly expiresAt: Date;
}

interface NewResult extends Omit<ResultRow, 'expiresAt'> {
  readonly createdBy: string;
  readonly keptSeconds: number;
  /** Results that an organization may have at once. */
  readonly most: number;
}

const columns = sql`id, tool_name as tool, media_type as "mediaType", sha256, bytes::float8 as bytes, expires_at as "expiresAt"`;

/** Inserts the row of a result; undefined where the organization has as many as it may. */
export async function insertResult(tx: Tx, result: NewResult): Promise<ResultRow | undefined> {
  const { rows } = await sql<ResultRow>`
    insert into mcp.tool_results (tenant_id, id, tool_name, media_type, sha256, bytes, created_by, expires_at)
    select current_setting('app.tenant_id')::uuid, ${result.id}, ${result.tool}, ${result.mediaType}, ${result.sha256},
           ${result.bytes}, ${result.createdBy}, now() + make_interval(secs => ${result.keptSeconds})
    where (select count(*) from mcp.tool_results where expires_at > now()) < ${result.most}::int
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** A result of this caller that is still kept. */
export async function selectResult(tx: Tx, id: string, createdBy: string): Promise<ResultRow | undefined> {
  const { rows } = await sql<ResultRow>`
    select ${columns} from mcp.tool_results
    where id = ${id} and created_by = ${createdBy} and expires_at > now()`.execute(tx);
  return rows[0];
}

export async function deleteResult(tx: Tx, id: string): Promise<void> {
  await sql`delete from mcp.tool_results where id = ${id}`.execute(tx);
}

/** A result whose time is past. */
interface ExpiredResult {
  readonly tenantId: string;
  readonly id: string;
  readonly sha256: string;
}

/** Of all organizations, the oldest first. */
export async function selectExpired(tx: Tx, limit: number): Promise<readonly ExpiredResult[]> {
  const { rows } = await sql<ExpiredResult>`
    select tenant_id as "tenantId", id, sha256 from mcp.tool_results
    where expires_at <= now() order by expires_at limit ${limit}`.execute(tx);
  return rows;
}

export async function deleteExpired(tx: Tx, { tenantId, id }: ExpiredResult): Promise<void> {
  await sql`delete from mcp.tool_results where tenant_id = ${tenantId} and id = ${id} and expires_at <= now()`.execute(
    tx,
  );
}
