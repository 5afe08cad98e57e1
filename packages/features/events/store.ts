import type { EventType } from '@devmesh/api';
import { prepared, type Tx } from '@devmesh/infrastructure';
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

/** The channel whose notifications carry the tenant id of committed events, and their types after a space. */
export const eventChannel = 'mesh_events';

/** Appends an event and rings for it; PostgreSQL delivers the ring when the transaction commits, and only then. */
export async function insertEvent(tx: Tx, event: NewEvent): Promise<void> {
  await sql`${prepared}
    with inserted as (
      insert into mcp.mesh_events (tenant_id, type, subject_id, agent_id, summary, data, trace_id)
      values (current_setting('app.tenant_id')::uuid, ${event.type}, ${event.subjectId}, ${event.agentId}, ${event.summary},
              ${JSON.stringify(event.data)}::jsonb, ${event.traceId})
      returning tenant_id
    )
    select pg_notify(${eventChannel}, tenant_id::text || ' ' || ${event.type}) from inserted`.execute(tx);
}

/** Appends events in their order, all of one tenant, and rings once for them. */
export async function insertEvents(tx: Tx, events: readonly NewEvent[]): Promise<void> {
  const [only, ...others] = events;
  // Taking one row out of JSON costs a fourth more than its values.
  if (only !== undefined && others.length === 0) return insertEvent(tx, only);
  await sql`${prepared}
    with inserted as (
      insert into mcp.mesh_events (tenant_id, type, subject_id, agent_id, summary, data, trace_id)
      select current_setting('app.tenant_id')::uuid, type, "subjectId", "agentId", summary, data, "traceId"
      from jsonb_to_recordset(${JSON.stringify(events)}::text::jsonb) as event (
        type text, "subjectId" text, "agentId" uuid, summary text, data jsonb, "traceId" text)
      returning tenant_id
    )
    select pg_notify(${eventChannel}, tenant_id::text || ' ' || ${typesOf(events)}) from inserted limit 1`.execute(tx);
}

function typesOf(events: readonly NewEvent[]): string {
  return [...new Set(events.map(({ type }) => type))].join(',');
}

// A bare name in ORDER BY means the output column, which is text: orders name the table.
const columns = sql`xid::text, seq::text, type, subject_id as "subjectId", agent_id as "agentId", summary, data,
  trace_id as "traceId", at`;

interface FollowFilter {
  readonly after: Position;
  readonly limit: number;
}

/**
 * Events after a position, oldest first. Sorting by transaction id and stopping short of the oldest open transaction
 * means that nothing can still commit before an event that was already read.
 */
export async function selectAfter(tx: Tx, { after, limit }: FollowFilter): Promise<readonly EventRow[]> {
  const { rows } = await sql<EventRow>`${prepared}
    select ${columns} from mcp.mesh_events
    where (xid, seq) > (${after.xid}::text::xid8, ${after.seq}::bigint)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by mesh_events.xid, mesh_events.seq limit ${limit}`.execute(tx);
  return rows;
}

/** Events after a position without those of some types. */
interface WantedAfter {
  readonly rows: readonly EventRow[];
  /** Everything up to here was looked at; undefined where there was nothing at all yet. */
  readonly upTo: Position | undefined;
}

/** The same, leaving out some types: how far it looked is of the same moment as what it found. */
export async function selectWantedAfter(
  tx: Tx,
  { after, limit, without }: FollowFilter & { readonly without: readonly EventType[] },
): Promise<WantedAfter> {
  const { rows } = await sql<
    (EventRow | Record<keyof EventRow, null>) & { headXid: string; headSeq: string }
  >`${prepared}
    with head as (
      select mesh_events.xid, mesh_events.seq from mcp.mesh_events
      where mesh_events.xid < pg_snapshot_xmin(pg_current_snapshot())
      order by mesh_events.xid desc, mesh_events.seq desc limit 1
    ), wanted as (
      select * from mcp.mesh_events
      where (mesh_events.xid, mesh_events.seq) > (${after.xid}::text::xid8, ${after.seq}::bigint)
        and mesh_events.xid < pg_snapshot_xmin(pg_current_snapshot()) and mesh_events.type <> all (${without}::text[])
      order by mesh_events.xid, mesh_events.seq limit ${limit}
    )
    select head.xid::text as "headXid", head.seq::text as "headSeq", wanted.xid::text, wanted.seq::text, wanted.type,
      wanted.subject_id as "subjectId", wanted.agent_id as "agentId", wanted.summary, wanted.data,
      wanted.trace_id as "traceId", wanted.at
    from head left join wanted on true order by wanted.xid, wanted.seq`.execute(tx);
  const found = rows.filter((row): row is EventRow & { headXid: string; headSeq: string } => row.xid !== null);
  const [first] = rows;
  const last = found.length === limit ? found.at(-1) : undefined;
  return { rows: found, upTo: last ?? (first && { xid: first.headXid, seq: first.headSeq }) };
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
