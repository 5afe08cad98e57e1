import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export type EventStatus = 'received' | 'processed' | 'dead';

export interface EventRow {
  readonly id: string;
  readonly sourceId: string;
  readonly deliveryId: string;
  readonly event: string;
  readonly status: EventStatus;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly taskId: string | null;
  readonly traceparent: string | null;
  readonly receivedAt: Date;
  readonly processedAt: Date | null;
}

export interface PayloadRow extends EventRow {
  readonly payload: Record<string, unknown>;
}

const eventColumns = sql`id, source_id as "sourceId", delivery_id as "deliveryId", event, status, attempts,
  last_error as "lastError", task_id as "taskId", traceparent, received_at as "receivedAt", processed_at as "processedAt"`;

/** Locks an event that waits to be processed; undefined when it no longer does, or another worker has it. */
export async function lockWaiting(tx: Tx, id: string): Promise<PayloadRow | undefined> {
  const { rows } = await sql<PayloadRow>`
    select ${eventColumns}, payload from mcp.webhook_events where id = ${id} and status = 'received'
    for update skip locked`.execute(tx);
  return rows[0];
}

export async function markProcessed(tx: Tx, id: string, taskId: string | undefined): Promise<void> {
  await sql`
    update mcp.webhook_events
    set status = 'processed', attempts = attempts + 1, last_error = null, task_id = ${taskId ?? null}, processed_at = now()
    where id = ${id}`.execute(tx);
}

interface FailedTry {
  readonly id: string;
  readonly reason: string;
  readonly attempts: number;
  readonly delaySeconds: number;
}

/** Notes a failed try of a locked event, and when to try again. */
export async function markFailed(tx: Tx, failure: FailedTry): Promise<void> {
  await sql`
    update mcp.webhook_events
    set attempts = ${failure.attempts}, last_error = ${failure.reason},
        next_attempt_at = now() + make_interval(secs => ${failure.delaySeconds}::double precision)
    where id = ${failure.id}`.execute(tx);
}

/** Gives up on an event that waits; undefined when it no longer does. */
export async function markDead(tx: Tx, id: string): Promise<EventRow | undefined> {
  const { rows } = await sql<EventRow>`
    update mcp.webhook_events set status = 'dead' where id = ${id} and status = 'received'
    returning ${eventColumns}`.execute(tx);
  return rows[0];
}

interface EventFilter {
  readonly after: string | undefined;
  readonly limit: number;
  readonly status: EventStatus | undefined;
}

/** Newest first, one more than `limit`, without payloads. */
export async function selectEvents(tx: Tx, { after, limit, status }: EventFilter): Promise<readonly EventRow[]> {
  const { rows } = await sql<EventRow>`
    select ${eventColumns} from mcp.webhook_events
    where (${after ?? null}::uuid is null or id < ${after ?? null}::uuid)
      and (${status ?? null}::text is null or status = ${status ?? null}::text)
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectEventWithPayload(tx: Tx, id: string): Promise<PayloadRow | undefined> {
  const { rows } = await sql<PayloadRow>`
    select ${eventColumns}, payload from mcp.webhook_events where id = ${id}`.execute(tx);
  return rows[0];
}

/** An event that waits although its time has come. */
export interface DueEvent {
  readonly tenantId: string;
  readonly id: string;
  readonly traceparent: string | null;
}

/** Takes up to `limit` due events of all tenants and postpones them, so that the next sweep does not ring for them at once. */
export async function takeDue(tx: Tx, limit: number): Promise<readonly DueEvent[]> {
  const { rows } = await sql<DueEvent>`
    update mcp.webhook_events as event set next_attempt_at = now() + interval '30 seconds'
    from (
      select tenant_id, id from mcp.webhook_events
      where status = 'received' and next_attempt_at <= now()
      order by next_attempt_at limit ${limit} for update skip locked
    ) as due
    where event.tenant_id = due.tenant_id and event.id = due.id
    returning event.tenant_id as "tenantId", event.id, event.traceparent`.execute(tx);
  return rows;
}
