import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Position } from '../events/index.ts';

export type DeliveryStatus = 'waiting' | 'delivered' | 'failed';

export interface DeliveryRow {
  readonly id: string;
  readonly endpointId: string;
  readonly eventType: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export interface PayloadRow extends DeliveryRow {
  /** JSON text. */
  readonly payload: string;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

const columns = sql`delivery.id, delivery.endpoint_id as "endpointId", delivery.event_type as "eventType", delivery.status,
  delivery.attempts, delivery.next_attempt_at as "nextAttemptAt", delivery.last_status as "lastStatus",
  delivery.last_error as "lastError", delivery.created_at as "createdAt", delivery.finished_at as "finishedAt"`;

interface NewDelivery {
  readonly id: string;
  readonly eventType: string;
  readonly payload: string;
  /** Absent for a test. */
  readonly position?: Position | undefined;
  readonly singleAttempt?: boolean;
}

/** Inserts deliveries to one endpoint, except for events that have one; returns how many. */
export async function insertDeliveries(
  tx: Tx,
  endpointId: string,
  deliveries: readonly NewDelivery[],
): Promise<number> {
  if (deliveries.length === 0) return 0;
  const rows = deliveries.map(
    ({ id, eventType, payload, position, singleAttempt = false }) =>
      sql`(${ownTenant}, ${id}::uuid, ${endpointId}::uuid, ${position?.xid ?? null}::text::xid8,
           ${position?.seq ?? null}::bigint, ${eventType}::text, ${payload}::text, ${singleAttempt}::boolean)`,
  );
  const inserted = await sql`
    insert into mcp.endpoint_deliveries
      (tenant_id, id, endpoint_id, event_xid, event_seq, event_type, payload, single_attempt)
    values ${sql.join(rows)}
    on conflict (tenant_id, endpoint_id, event_xid, event_seq) do nothing returning id`.execute(tx);
  return inserted.rows.length;
}

/** Deliveries of an endpoint that somebody works on. */
export async function countUnderWay(tx: Tx, endpointId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count from mcp.endpoint_deliveries
    where endpoint_id = ${endpointId} and status = 'waiting' and lease_until > now()`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** A delivery as one worker holds it. */
export interface LeasedRow {
  readonly id: string;
  readonly eventType: string;
  readonly payload: string;
  readonly attempts: number;
  readonly fence: string;
  readonly singleAttempt: boolean;
}

interface Lease {
  readonly endpointId: string;
  readonly count: number;
  readonly seconds: number;
}

/** Takes up to `count` due deliveries of a locked endpoint, those that are due longest first; each under a new fence. */
export async function leaseDue(tx: Tx, { endpointId, count, seconds }: Lease): Promise<readonly LeasedRow[]> {
  // Materialized: as a subquery it may be run again for each row that it is joined to, and would then take more than its limit.
  const { rows } = await sql<LeasedRow>`
    with due as materialized (
      select tenant_id, id from mcp.endpoint_deliveries
      where endpoint_id = ${endpointId} and status = 'waiting' and next_attempt_at <= now()
        and (lease_until is null or lease_until <= now())
      order by next_attempt_at, id limit ${count} for update skip locked
    ), taken as (
      update mcp.endpoint_deliveries as delivery
      set fence = fence + 1, lease_until = now() + make_interval(secs => ${seconds}::double precision)
      from due where delivery.tenant_id = due.tenant_id and delivery.id = due.id
      returning delivery.id, event_type, payload, attempts, fence, single_attempt, next_attempt_at
    )
    select id, event_type as "eventType", payload, attempts, fence::text as fence, single_attempt as "singleAttempt"
    from taken order by next_attempt_at, taken.id`.execute(tx);
  return rows;
}

interface Held {
  readonly id: string;
  readonly fence: string;
}

/** Lets go of a delivery whose attempt was cut short, so that it is due again at once; nothing where another has it by now. */
export async function releaseLease(tx: Tx, { id, fence }: Held): Promise<void> {
  await sql`
    update mcp.endpoint_deliveries set lease_until = null
    where id = ${id} and fence = ${fence}::bigint and status = 'waiting'`.execute(tx);
}

/** The result of an attempt, and what becomes of the delivery. */
export interface Outcome extends Held {
  readonly status: DeliveryStatus;
  /** Seconds to the next attempt while it waits. */
  readonly pauseSeconds: number;
  readonly lastStatus: number | undefined;
  readonly lastError: string | undefined;
}

/** Notes the result of an attempt and returns its number; undefined for one whose lease has passed to another. */
export async function finishAttempt(tx: Tx, outcome: Outcome): Promise<number | undefined> {
  const waits = outcome.status === 'waiting';
  const { rows } = await sql<{ attempts: number }>`
    update mcp.endpoint_deliveries
    set attempts = attempts + 1, status = ${outcome.status}, lease_until = null, last_status = ${outcome.lastStatus ?? null},
        last_error = ${outcome.lastError ?? null},
        next_attempt_at = now() + make_interval(secs => ${outcome.pauseSeconds}::double precision),
        finished_at = case when ${waits}::boolean then null else now() end
    where id = ${outcome.id} and fence = ${outcome.fence}::bigint and status = 'waiting'
    returning attempts`.execute(tx);
  return rows[0]?.attempts;
}

interface DeliveryFilter {
  readonly endpointId: string | undefined;
  readonly status: DeliveryStatus | undefined;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Newest first, one more than `limit`, without payloads. */
export async function selectDeliveries(tx: Tx, filter: DeliveryFilter): Promise<readonly DeliveryRow[]> {
  const { endpointId, status, since, until, after, limit } = filter;
  const { rows } = await sql<DeliveryRow>`
    select ${columns} from mcp.endpoint_deliveries as delivery
    where (${endpointId ?? null}::uuid is null or delivery.endpoint_id = ${endpointId ?? null}::uuid)
      and (${status ?? null}::text is null or delivery.status = ${status ?? null}::text)
      and (${since ?? null}::timestamptz is null or delivery.created_at >= ${since ?? null}::timestamptz)
      and (${until ?? null}::timestamptz is null or delivery.created_at < ${until ?? null}::timestamptz)
      and (${after ?? null}::uuid is null or delivery.id < ${after ?? null}::uuid)
    order by delivery.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectDelivery(tx: Tx, id: string): Promise<PayloadRow | undefined> {
  const { rows } = await sql<PayloadRow>`
    select ${columns}, delivery.payload from mcp.endpoint_deliveries as delivery where delivery.id = ${id}`.execute(tx);
  return rows[0];
}

const again = sql`status = 'waiting', single_attempt = true, next_attempt_at = now(), finished_at = null`;

/** Gives a failed delivery one more attempt; false for one that has not failed. */
export async function retryDelivery(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    update mcp.endpoint_deliveries set ${again} where id = ${id} and status = 'failed' returning id`.execute(tx);
  return rows.length > 0;
}

interface Range {
  readonly endpointId: string;
  readonly since: string;
  readonly until: string | undefined;
  readonly limit: number;
}

/** Gives each failed delivery of a range one more attempt, the oldest first, up to `limit`; returns how many. */
export async function retryDeliveries(tx: Tx, { endpointId, since, until, limit }: Range): Promise<number> {
  const { rows } = await sql`
    with failed as materialized (
      select tenant_id, id from mcp.endpoint_deliveries
      where endpoint_id = ${endpointId} and status = 'failed' and created_at >= ${since}::timestamptz
        and (${until ?? null}::timestamptz is null or created_at < ${until ?? null}::timestamptz)
      order by id limit ${limit} for update
    )
    update mcp.endpoint_deliveries as delivery set ${again} from failed
    where delivery.tenant_id = failed.tenant_id and delivery.id = failed.id and delivery.status = 'failed'
    returning delivery.id`.execute(tx);
  return rows.length;
}
