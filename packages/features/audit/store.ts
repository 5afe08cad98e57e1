import { prepared, type Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';

export type Outcome = 'allowed' | 'denied' | 'failed';

interface NewAuditRow {
  readonly id: string;
  readonly actor: string;
  readonly userId: string | null;
  readonly agentId: string | null;
  readonly keyId: string | null;
  readonly action: string;
  readonly subject: string;
  readonly outcome: Outcome;
  readonly rule: string | null;
  readonly detail: Record<string, unknown>;
  readonly traceId: string | null;
}

export interface AuditRow extends NewAuditRow {
  readonly at: Date;
  /** Its place in the chain, once it is sealed. */
  readonly seq: number | null;
}

/** Appends a line; the table grants no update and no delete. */
export async function insertAudit(tx: Tx, row: NewAuditRow): Promise<void> {
  await sql`${prepared}
    insert into mcp.audit_log (id, tenant_id, actor, user_id, agent_id, key_id, action, subject, outcome, rule, detail, trace_id)
    values (${row.id}, current_setting('app.tenant_id')::uuid, ${row.actor}, ${row.userId}, ${row.agentId}, ${row.keyId},
            ${row.action}, ${row.subject}, ${row.outcome}, ${row.rule}, ${JSON.stringify(row.detail)}::jsonb,
            ${row.traceId})`.execute(tx);
}

/** Appends lines in one statement. */
export async function insertAudits(tx: Tx, rows: readonly NewAuditRow[]): Promise<void> {
  const [only, ...others] = rows;
  // Taking one row out of JSON costs a fourth more than its values.
  if (only !== undefined && others.length === 0) return insertAudit(tx, only);
  await sql`${prepared}
    insert into mcp.audit_log (id, tenant_id, actor, user_id, agent_id, key_id, action, subject, outcome, rule, detail, trace_id)
    select id, current_setting('app.tenant_id')::uuid, actor, "userId", "agentId", "keyId", action, subject, outcome, rule,
      detail, "traceId"
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as line (
      id uuid, actor text, "userId" uuid, "agentId" uuid, "keyId" uuid, action text, subject text, outcome text, rule text,
      detail jsonb, "traceId" text)`.execute(tx);
}

/** What a list shows of the trail; what is absent does not matter. */
export interface AuditFilter {
  readonly actor?: string | undefined;
  readonly userId?: string | undefined;
  readonly agentId?: string | undefined;
  readonly keyId?: string | undefined;
  readonly action?: string | undefined;
  readonly outcome?: Outcome | undefined;
  readonly rule?: string | undefined;
  readonly traceId?: string | undefined;
  /** Instants: from (inclusive) until (exclusive). */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Newest first, one more than `limit`, each with its place in the chain. */
export async function selectAudit(
  tx: Tx,
  filter: AuditFilter,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<readonly AuditRow[]> {
  // Sorted by a column of the inner table: a bare name would sort by the output, whose place is unknown to the index.
  const { rows } = await sql<AuditRow>`
    select line.id, line.at, line.actor, line.user_id as "userId", line.agent_id as "agentId", line.key_id as "keyId",
      line.action, line.subject, line.outcome, line.rule, line.detail, line.trace_id as "traceId", link.seq
    from (
      select * from mcp.audit_log where ${sql.join([...conditions(filter, after), sql`true`], sql` and `)}
      order by id desc limit ${limit + 1}
    ) as line
    left join mcp.audit_chain as link on link.tenant_id = line.tenant_id and link.entry_id = line.id
    order by line.id desc`.execute(tx);
  return rows;
}

/** Those of these ids that have a line. */
export async function selectRecorded(tx: Tx, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select id from mcp.audit_log where id = any(${[...ids]}::uuid[])`.execute(tx);
  return new Set(rows.map(({ id }) => id));
}

/** Whether the organization keeps the arguments of tool calls. */
export async function selectKeepsBodies(tx: Tx, tenantId: string): Promise<boolean> {
  const { rows } = await sql<{ kept: boolean }>`${prepared}
    select coalesce((settings ->> 'auditBodies')::boolean, false) as kept
    from mcp.organizations where id = ${tenantId}`.execute(tx);
  return rows[0]?.kept === true;
}

export async function insertBody(tx: Tx, body: { readonly entryId: string; readonly sealed: Buffer }): Promise<void> {
  await sql`
    insert into mcp.audit_bodies (tenant_id, entry_id, sealed)
    values (current_setting('app.tenant_id')::uuid, ${body.entryId}, ${body.sealed})`.execute(tx);
}

export async function selectBody(tx: Tx, entryId: string): Promise<Buffer | undefined> {
  const { rows } = await sql<{ sealed: Buffer }>`
    select sealed from mcp.audit_bodies where entry_id = ${entryId}`.execute(tx);
  return rows[0]?.sealed;
}

function conditions(filter: AuditFilter, after: string | undefined): readonly RawBuilder<unknown>[] {
  const { actor, userId, agentId, keyId, action, outcome, rule, traceId, from, to } = filter;
  const given: readonly (RawBuilder<unknown> | undefined)[] = [
    after === undefined ? undefined : sql`id < ${after}::uuid`,
    from === undefined ? undefined : sql`id >= mcp.id_at(${from}::timestamptz)`,
    to === undefined ? undefined : sql`id < mcp.id_at(${to}::timestamptz)`,
    actor === undefined ? undefined : sql`actor = ${actor}`,
    userId === undefined ? undefined : sql`user_id = ${userId}::uuid`,
    agentId === undefined ? undefined : sql`agent_id = ${agentId}::uuid`,
    keyId === undefined ? undefined : sql`key_id = ${keyId}::uuid`,
    action === undefined ? undefined : sql`action = ${action}`,
    outcome === undefined ? undefined : sql`outcome = ${outcome}`,
    rule === undefined ? undefined : sql`rule = ${rule}`,
    traceId === undefined ? undefined : sql`trace_id = ${traceId}`,
  ];
  return given.filter((condition) => condition !== undefined);
}
