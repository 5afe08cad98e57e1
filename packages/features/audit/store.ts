import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export type Outcome = 'allowed' | 'denied' | 'failed';

export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: Outcome;
  readonly detail: Record<string, unknown>;
  readonly traceId: string | null;
}

/** Appends a line; the table grants no update and no delete. */
export async function insertAudit(tx: Tx, row: Omit<AuditRow, 'at'>): Promise<void> {
  await sql`
    insert into mcp.audit_log (id, tenant_id, actor, action, subject, outcome, detail, trace_id)
    values (${row.id}, current_setting('app.tenant_id')::uuid, ${row.actor}, ${row.action}, ${row.subject}, ${row.outcome},
            ${JSON.stringify(row.detail)}::jsonb, ${row.traceId})`.execute(tx);
}

/** Appends lines in one statement. */
export async function insertAudits(tx: Tx, rows: readonly Omit<AuditRow, 'at'>[]): Promise<void> {
  await sql`
    insert into mcp.audit_log (id, tenant_id, actor, action, subject, outcome, detail, trace_id)
    select id, current_setting('app.tenant_id')::uuid, actor, action, subject, outcome, detail, "traceId"
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as line (
      id uuid, actor text, action text, subject text, outcome text, detail jsonb, "traceId" text)`.execute(tx);
}

interface AuditFilter {
  readonly after: string | undefined;
  readonly limit: number;
  readonly traceId: string | undefined;
  readonly action: string | undefined;
}

/** Newest first, one more than `limit`. */
export async function selectAudit(tx: Tx, filter: AuditFilter): Promise<readonly AuditRow[]> {
  const { rows } = await sql<AuditRow>`
    select id, at, actor, action, subject, outcome, detail, trace_id as "traceId" from mcp.audit_log
    where (${filter.after ?? null}::uuid is null or id < ${filter.after ?? null}::uuid)
      and (${filter.traceId ?? null}::text is null or trace_id = ${filter.traceId ?? null}::text)
      and (${filter.action ?? null}::text is null or action = ${filter.action ?? null}::text)
    order by id desc limit ${filter.limit + 1}`.execute(tx);
  return rows;
}
