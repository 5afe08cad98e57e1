import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { digestPrefix } from './kinds/index.ts';

/** A verified delivery that is to become an event. */
export interface NewEvent {
  readonly id: string;
  readonly sourceId: string;
  /** Of the source as it was when the delivery was verified. */
  readonly revision: number;
  readonly deliveryId: string;
  readonly event: string;
  readonly action: string | undefined;
  /** JSON text. */
  readonly payload: string;
  readonly traceparent: string | undefined;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

/**
 * Stores events of deliveries that are not known yet, and tells for each event whether it was. An event is missing from
 * the answer when its source is not what it was when the delivery was verified: changed, disabled or deleted since.
 * A delivery that is known by its content alone repeats another for an hour only: then the same may have happened again.
 * Deliveries are taken in the order of their keys, so that two batches never wait for each other in a circle.
 */
export async function insertEvents(tx: Tx, events: readonly NewEvent[]): Promise<ReadonlyMap<string, boolean>> {
  const labels = events.map(({ payload: _payload, ...label }, index) => ({ ...label, place: index + 1 }));
  // Payloads travel as one JSON text, which needs no quoting inside quoting and keeps them as they are.
  const payloads = `[${events.map(({ payload }) => payload).join(',')}]`;
  const { rows } = await sql<{ id: string; inserted: boolean }>`
    with arrived as materialized (
      select label.* from jsonb_to_recordset(${JSON.stringify(labels)}::text::jsonb) as label (
        place integer, id uuid, "sourceId" uuid, revision bigint, "deliveryId" text, event text, action text,
        traceparent text)
      join mcp.webhook_sources as source
        on source.id = label."sourceId" and source.revision = label.revision and source.enabled
    ), taken as (
      insert into mcp.webhook_deliveries as known (tenant_id, source_id, delivery_id, event_id)
      select ${ownTenant}, "sourceId", "deliveryId", id from arrived order by "sourceId", "deliveryId"
      on conflict (tenant_id, source_id, delivery_id) do update
        set event_id = excluded.event_id, received_at = excluded.received_at
        where starts_with(known.delivery_id, ${digestPrefix}) and known.received_at < now() - interval '1 hour'
      returning event_id
    ), stored as (
      insert into mcp.webhook_events (tenant_id, id, source_id, delivery_id, event, action, payload, traceparent)
      select ${ownTenant}, id, "sourceId", "deliveryId", event, action, payload, traceparent
      from taken join arrived on arrived.id = taken.event_id
      join json_array_elements(${payloads}::text::json) with ordinality as given (payload, place) using (place)
    )
    select id, event_id is not null as inserted from arrived left join taken on event_id = id`.execute(tx);
  return new Map(rows.map(({ id, inserted }) => [id, inserted]));
}

/** A sender's name for a delivery. */
export type DeliveryKey = Pick<NewEvent, 'sourceId' | 'deliveryId'>;

/** The events that stand for deliveries which were stored before. */
export async function selectDelivered(
  tx: Tx,
  deliveries: readonly DeliveryKey[],
): Promise<readonly (DeliveryKey & { readonly eventId: string })[]> {
  const keys = deliveries.map(({ sourceId, deliveryId }) => ({ sourceId, deliveryId }));
  const { rows } = await sql<DeliveryKey & { eventId: string }>`
    select source_id as "sourceId", delivery_id as "deliveryId", event_id as "eventId" from mcp.webhook_deliveries
    where (source_id, delivery_id) in (
      select "sourceId", "deliveryId"
      from jsonb_to_recordset(${JSON.stringify(keys)}::text::jsonb) as wanted ("sourceId" uuid, "deliveryId" text)
    )`.execute(tx);
  return rows;
}

/** How many events wait to be processed, counted no further than `most`. */
export async function countWaiting(tx: Tx, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from (
      select from mcp.webhook_events where tenant_id = ${ownTenant} and status = 'received' limit ${most}
    ) as waiting`.execute(tx);
  return rows[0]?.count ?? 0;
}
