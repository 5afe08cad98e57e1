import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { StoredEffect } from './store-processing.ts';

export type EventStatus = 'received' | 'processed' | 'dead';

export interface EventRow {
  readonly id: string;
  readonly sourceId: string;
  readonly deliveryId: string;
  readonly event: string;
  readonly action: string | null;
  readonly status: EventStatus;
  readonly attempts: number;
  readonly run: number;
  readonly lastError: string | null;
  readonly taskId: string | null;
  readonly traceparent: string | null;
  readonly receivedAt: Date;
  readonly processedAt: Date | null;
}

/** An event with its payload and what it caused. */
export interface WholeEvent extends EventRow {
  /** null where the source was deleted. */
  readonly source: string | null;
  readonly payload: Record<string, unknown>;
  readonly effects: readonly StoredEffect[];
}

const columns = sql`id, source_id as "sourceId", delivery_id as "deliveryId", event, action, status, attempts, run,
  last_error as "lastError", task_id as "taskId", traceparent, received_at as "receivedAt", processed_at as "processedAt"`;

/** Which events are meant; what is absent does not matter. */
export interface EventFilter {
  readonly sourceId?: string | undefined;
  readonly event?: string | undefined;
  readonly status?: EventStatus | undefined;
  readonly deliveryId?: string | undefined;
  /** Received then or later. */
  readonly from?: Date | undefined;
  /** Received before. */
  readonly to?: Date | undefined;
  /** Stands somewhere in the payload, in any case of letters. */
  readonly text?: string | undefined;
}

interface Search {
  readonly filter: EventFilter;
  /** Only older ones. */
  readonly after: string | undefined;
  readonly limit: number;
  /** Most events that are looked at. */
  readonly scan: number;
}

/** What a search found and how far it looked. */
export interface Found {
  /** At most one more than the limit. */
  readonly ids: readonly string[];
  /** The last event that was looked at; null when there was none. */
  readonly last: string | null;
  readonly looked: number;
}

/** Looks for events, newest first, through at most `scan` of them. */
export async function searchEvents(tx: Tx, { filter, after, limit, scan }: Search): Promise<Found> {
  const { rows } = await sql<Found>`
    with looked as materialized (
      select id, ${matches(filter)} as hit from mcp.webhook_events
      where (${after ?? null}::uuid is null or id < ${after ?? null}::uuid) and ${within(filter)} ${narrowed(filter)}
      order by id desc limit ${scan}
    )
    select coalesce((select json_agg(id order by id desc)
                     from (select id from looked where hit order by id desc limit ${limit + 1}) as hits), '[]') as ids,
      (select id from looked order by id limit 1) as last, (select count(*) from looked) as looked`.execute(tx);
  return rows[0] ?? { ids: [], last: null, looked: 0 };
}

/** These events, newest first. */
export async function selectEvents(tx: Tx, ids: readonly string[]): Promise<readonly EventRow[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<EventRow>`
    select ${columns} from mcp.webhook_events where id = any(${[...ids]}::uuid[]) order by id desc`.execute(tx);
  return rows;
}

export async function selectWholeEvent(tx: Tx, id: string): Promise<WholeEvent | undefined> {
  const { rows } = await sql<WholeEvent>`
    select ${columns}, payload, effects,
      (select name from mcp.webhook_sources as source where source.id = webhook_events.source_id) as source
    from mcp.webhook_events where id = ${id}`.execute(tx);
  return rows[0];
}

/** Whether an event is meant, all but its time. */
export function matches({ sourceId, event, status, deliveryId, text }: EventFilter) {
  return sql`(
    (${sourceId ?? null}::uuid is null or source_id = ${sourceId ?? null}::uuid)
    and (${event ?? null}::text is null or event = ${event ?? null}::text)
    and (${status ?? null}::text is null or status = ${status ?? null}::text)
    and (${deliveryId ?? null}::text is null or delivery_id = ${deliveryId ?? null}::text)
    and case when ${text ?? null}::text is null then true
             else position(lower(${text ?? null}::text) in lower(payload::text)) > 0 end)`;
}

// Ids tell the time of the process that made them, which may differ a little from that of the database.
const slack = sql`interval '1 hour'`;

/** Whether an event came within the time; the ids let partitions be left out. */
export function within({ from, to }: EventFilter) {
  return sql`(
    (${from ?? null}::timestamptz is null
     or (id >= mcp.id_at(${from ?? null}::timestamptz - ${slack}) and received_at >= ${from ?? null}::timestamptz))
    and (${to ?? null}::timestamptz is null
         or (id < mcp.id_at(${to ?? null}::timestamptz + ${slack}) and received_at < ${to ?? null}::timestamptz)))`;
}

// An index serves the status, so that a search for what is rare looks only at that.
function narrowed({ status }: EventFilter) {
  return status === undefined ? sql`` : sql`and status = ${status}`;
}
