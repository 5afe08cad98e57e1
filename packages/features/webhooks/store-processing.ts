import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** An event that waits to be processed, locked until the transaction ends. */
export interface WaitingEvent {
  readonly id: string;
  readonly sourceId: string;
  /** null where the source was deleted. */
  readonly source: string | null;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Record<string, unknown>;
  readonly attempts: number;
  readonly begun: number;
  readonly run: number;
  readonly traceparent: string | null;
}

/** Something that an event caused. */
export interface StoredEffect {
  /** The run of the event that did it. */
  readonly run: number;
  readonly ruleId: string;
  readonly rule: string;
  readonly action: string;
  readonly subjectId?: string | undefined;
  readonly summary: string;
}

/** Locks those of the events that wait to be processed; those that another worker has are passed over. */
export async function lockWaiting(tx: Tx, ids: readonly string[]): Promise<readonly WaitingEvent[]> {
  const { rows } = await sql<WaitingEvent>`
    select id, source_id as "sourceId", event, action, payload, attempts, begun, run, traceparent,
      (select name from mcp.webhook_sources as source where source.id = waiting.source_id) as source
    from mcp.webhook_events as waiting
    where id = any(${[...ids]}::uuid[]) and status = 'received'
    order by id for update skip locked`.execute(tx);
  return rows;
}

/** Counts that a worker begins on an event alone; undefined when it no longer waits, or another worker has it. */
export async function countBeginning(tx: Tx, id: string): Promise<number | undefined> {
  const { rows } = await sql<{ begun: number }>`
    update mcp.webhook_events set begun = begun + 1
    where id in (select id from mcp.webhook_events where id = ${id} and status = 'received' for update skip locked)
    returning begun`.execute(tx);
  return rows[0]?.begun;
}

/**
 * Counts that a worker begins on those of the events that nobody began before; tells, of all that wait and no other worker
 * has, how often each was begun until then.
 */
export async function countFirstBeginnings(
  tx: Tx,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly begun: number }[]> {
  const { rows } = await sql<{ id: string; begun: number }>`
    with waiting as (
      select id, begun from mcp.webhook_events where id = any(${[...ids]}::uuid[]) and status = 'received'
      order by id for update skip locked
    ), counted as (
      update mcp.webhook_events set begun = 1
      where id in (select id from waiting where begun = 0) and id = any(${[...ids]}::uuid[])
    )
    select id, begun from waiting`.execute(tx);
  return rows;
}

interface ProcessedEvent {
  readonly id: string;
  /** The first task of this run. */
  readonly taskId: string | null;
  readonly effects: readonly StoredEffect[];
}

/** Notes that locked events were processed, and what that did. */
export async function markProcessed(tx: Tx, events: readonly ProcessedEvent[]): Promise<void> {
  await sql`
    update mcp.webhook_events as event
    set status = 'processed', attempts = attempts + 1, begun = 0, last_error = null, processed_at = now(),
        task_id = coalesce(event.task_id, done."taskId"), effects = event.effects || done.effects
    from jsonb_to_recordset(${JSON.stringify(events)}::text::jsonb) as done (id uuid, "taskId" uuid, effects jsonb)
    where event.id = done.id and event.id = any(${events.map(({ id }) => id)}::uuid[])`.execute(tx);
}

interface FailedTry {
  readonly id: string;
  readonly reason: string;
  readonly attempts: number;
  readonly delaySeconds: number;
  /** Whether it was the last try. */
  readonly dead: boolean;
}

/** Notes failed tries of locked events, and when to try again. */
export async function markFailed(tx: Tx, failures: readonly FailedTry[]): Promise<void> {
  await sql`
    update mcp.webhook_events as event
    set status = case when failed.dead then 'dead' else 'received' end, attempts = failed.attempts, begun = 0,
        last_error = failed.reason, next_attempt_at = now() + make_interval(secs => failed."delaySeconds")
    from jsonb_to_recordset(${JSON.stringify(failures)}::text::jsonb) as failed (
      id uuid, reason text, attempts integer, "delaySeconds" double precision, dead boolean)
    where event.id = failed.id and event.id = any(${failures.map(({ id }) => id)}::uuid[])`.execute(tx);
}

interface NewDeadLetter {
  readonly id: string;
  readonly eventId: string;
  readonly reason: string;
  readonly attempts: number;
  readonly run: number;
}

/** Keeps events that were given up. */
export async function insertDeadLetters(tx: Tx, letters: readonly NewDeadLetter[]): Promise<void> {
  await sql`
    insert into mcp.webhook_dlq (tenant_id, id, event_id, reason, attempts, run)
    select current_setting('app.tenant_id')::uuid, id, "eventId", reason, attempts, run
    from jsonb_to_recordset(${JSON.stringify(letters)}::text::jsonb) as letter (
      id uuid, "eventId" uuid, reason text, attempts integer, run integer)`.execute(tx);
}

/** Puts events that were processed or given up back into the inbox, for another run; tells which. */
export async function putBack(
  tx: Tx,
  ids: readonly string[],
  replayId?: string,
): Promise<readonly { readonly id: string; readonly run: number; readonly traceparent: string | null }[]> {
  const { rows } = await sql<{ id: string; run: number; traceparent: string | null }>`
    update mcp.webhook_events
    set status = 'received', run = run + 1, attempts = 0, begun = 0, last_error = null, processed_at = null,
        replay_id = ${replayId ?? null}, next_attempt_at = now() + interval '10 seconds'
    where id = any(${[...ids]}::uuid[]) and status in ('processed', 'dead')
    returning id, run, traceparent`.execute(tx);
  return rows;
}
