import type { EventType } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';

/** Where one event stands in the feed: by commit, then by insertion. */
export interface Position {
  readonly xid: string;
  readonly seq: string;
}

export interface EventRow extends Position {
  readonly type: EventType;
  readonly subjectId: string;
  readonly agentId: string | null;
  readonly summary: string;
  readonly data: Record<string, unknown>;
  readonly traceId: string | null;
  readonly at: Date;
}

interface NewEvent {
  readonly type: EventType;
  readonly subjectId: string;
  readonly agentId: string | null;
  readonly summary: string;
  readonly data: Record<string, unknown>;
  readonly traceId: string | null;
}

/** The channel whose notifications carry the tenant id of each committed event. */
export const eventChannel = 'mesh_events';

/** Appends an event and rings for it; PostgreSQL delivers the ring when the transaction commits, and only then. */
export async function insertEvent(tx: Tx, event: NewEvent): Promise<void> {
  await sql`
    with inserted as (
      insert into mcp.mesh_events (tenant_id, type, subject_id, agent_id, summary, data, trace_id)
      values (current_setting('app.tenant_id')::uuid, ${event.type}, ${event.subjectId}, ${event.agentId}, ${event.summary},
              ${JSON.stringify(event.data)}::jsonb, ${event.traceId})
      returning tenant_id
    )
    select pg_notify(${eventChannel}, tenant_id::text) from inserted`.execute(tx);
}

/** Appends events in their order, all of one tenant, and rings once for them. */
export async function insertEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  await sql`
    with inserted as (
      insert into mcp.mesh_events (tenant_id, type, subject_id, agent_id, summary, data, trace_id)
      select current_setting('app.tenant_id')::uuid, type, "subjectId", "agentId", summary, data, "traceId"
      from jsonb_to_recordset(${JSON.stringify(events)}::text::jsonb) as event (
        type text, "subjectId" text, "agentId" uuid, summary text, data jsonb, "traceId" text)
      returning tenant_id
    )
    select pg_notify(${eventChannel}, tenant_id::text) from inserted limit 1`.execute(tx);
}

// A bare name in ORDER BY means the output column, which is text: orders name the table.
const columns = sql`xid::text, seq::text, type, subject_id as "subjectId", agent_id as "agentId", summary, data,
  trace_id as "traceId", at`;

interface FollowFilter {
  readonly after: Position;
  readonly agentId: string | undefined;
  readonly limit: number;
}

/**
 * Events after a position, oldest first. Sorting by transaction id and stopping short of the oldest open transaction
 * means that nothing can still commit before an event that was already read.
 */
export async function selectAfter(tx: Tx, { after, agentId, limit }: FollowFilter): Promise<readonly EventRow[]> {
  const { rows } = await sql<EventRow>`
    select ${columns} from mcp.mesh_events
    where (xid, seq) > (${after.xid}::text::xid8, ${after.seq}::bigint)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
      and (${agentId ?? null}::uuid is null or agent_id is null or agent_id = ${agentId ?? null}::uuid)
    order by mesh_events.xid, mesh_events.seq limit ${limit}`.execute(tx);
  return rows;
}

/** Whether the feed of a tenant has something to read after a position; a condition for the statement of whoever keeps positions. */
export function somethingAfter(tenant: Sql, xid: Sql, seq: Sql): Sql {
  return sql`exists (
    select from mcp.mesh_events as event
    where event.tenant_id = ${tenant} and (event.xid, event.seq) > (${xid}, ${seq})
      and event.xid < pg_snapshot_xmin(pg_current_snapshot()))`;
}

type Sql = RawBuilder<unknown>;

/** The position after which everything is new. */
export async function selectHead(tx: Tx): Promise<Position> {
  const { rows } = await sql<Position>`
    select xid::text, seq::text from mcp.mesh_events
    where xid < pg_snapshot_xmin(pg_current_snapshot()) order by mesh_events.xid desc, mesh_events.seq desc limit 1`.execute(
    tx,
  );
  return rows[0] ?? start;
}

/** The position before the first event. */
const start: Position = { xid: '0', seq: '0' };

interface RecentFilter {
  readonly before: Position | undefined;
  readonly agentId: string | undefined;
  readonly limit: number;
}

/** Newest first, one more than `limit`. */
export async function selectRecent(tx: Tx, { before, agentId, limit }: RecentFilter): Promise<readonly EventRow[]> {
  const { rows } = await sql<EventRow>`
    select ${columns} from mcp.mesh_events
    where (${before?.xid ?? null}::text is null
           or (xid, seq) < (${before?.xid ?? '0'}::text::xid8, ${before?.seq ?? '0'}::bigint))
      and (${agentId ?? null}::uuid is null or agent_id is null or agent_id = ${agentId ?? null}::uuid)
    order by mesh_events.xid desc, mesh_events.seq desc limit ${limit + 1}`.execute(tx);
  return rows;
}
