import type { Severity } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface NotificationRow {
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly severity: Severity;
  readonly agentId: string | null;
  readonly sourceEventId: string | null;
  readonly createdBy: string;
  readonly traceId: string | null;
  readonly createdAt: Date;
  /** When the reader who asks marked it. */
  readonly readAt: Date | null;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

const columns = sql`notice.id, notice.title, notice.text, notice.severity, notice.agent_id as "agentId",
  notice.source_event_id as "sourceEventId", notice.created_by as "createdBy", notice.trace_id as "traceId",
  notice.created_at as "createdAt"`;

export async function insertNotification(
  tx: Tx,
  notice: Omit<NotificationRow, 'createdAt' | 'readAt'>,
): Promise<NotificationRow | undefined> {
  const { rows } = await sql<NotificationRow>`
    insert into mcp.notifications as notice
      (tenant_id, id, title, text, severity, agent_id, source_event_id, created_by, trace_id)
    values (${ownTenant}, ${notice.id}, ${notice.title}, ${notice.text}, ${notice.severity}, ${notice.agentId},
            ${notice.sourceEventId}, ${notice.createdBy}, ${notice.traceId})
    returning ${columns}, null::timestamptz as "readAt"`.execute(tx);
  return rows[0];
}

/** Whose list it is: the marks of that reader, and of an agent only what it may see. */
export interface Reader {
  readonly name: string;
  readonly agentId: string | undefined;
}

interface ListFilter {
  readonly reader: Reader;
  readonly after: string | undefined;
  readonly unread: boolean;
  readonly limit: number;
}

const visibleTo = ({ agentId }: Reader) =>
  sql`(${agentId ?? null}::uuid is null or notice.agent_id is null or notice.agent_id = ${agentId ?? null}::uuid)`;

/** Newest first, one more than `limit`. */
export async function selectNotifications(
  tx: Tx,
  { reader, after, unread, limit }: ListFilter,
): Promise<readonly NotificationRow[]> {
  const { rows } = await sql<NotificationRow>`
    select ${columns}, mark.read_at as "readAt"
    from mcp.notifications as notice
    left join mcp.notification_reads as mark
      on mark.tenant_id = notice.tenant_id and mark.reader = ${reader.name} and mark.notification_id = notice.id
    where (${after ?? null}::uuid is null or notice.id < ${after ?? null}::uuid) and ${visibleTo(reader)}
      and (not ${unread}::boolean or mark.read_at is null)
    order by notice.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

/** Marks what the reader may see of these; returns how many were unread. */
export async function insertReads(tx: Tx, reader: Reader, ids: readonly string[]): Promise<number> {
  const { rows } = await sql<{ id: string }>`
    insert into mcp.notification_reads (tenant_id, reader, notification_id)
    select notice.tenant_id, ${reader.name}, notice.id from mcp.notifications as notice
    where notice.id = any (${ids}::uuid[]) and ${visibleTo(reader)}
    order by notice.id
    on conflict do nothing returning notification_id as id`.execute(tx);
  return rows.length;
}
