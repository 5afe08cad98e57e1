import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { EventStatus } from './store-events.ts';

export type Resolution = 'redriven' | 'replayed' | 'discarded';

export interface DeadLetterRow {
  readonly id: string;
  readonly eventId: string;
  readonly sourceId: string;
  readonly event: string;
  /** How the event stands now. */
  readonly eventStatus: EventStatus;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly resolution: Resolution | null;
  readonly resolvedAt: Date | null;
  readonly note: string | null;
}

/** Which dead letters are meant; what is absent does not matter. */
export interface LetterFilter {
  readonly status?: 'open' | Resolution | undefined;
  readonly sourceId?: string | undefined;
  readonly event?: string | undefined;
  readonly from?: Date | undefined;
  readonly to?: Date | undefined;
}

const columns = sql`dlq.id, dlq.event_id as "eventId", event.source_id as "sourceId", event.event,
  event.status as "eventStatus", dlq.reason, dlq.attempts, dlq.created_at as "createdAt", dlq.resolution,
  dlq.resolved_at as "resolvedAt", dlq.note`;

const letters = sql`mcp.webhook_dlq as dlq
  join mcp.webhook_events as event on event.tenant_id = dlq.tenant_id and event.id = dlq.event_id`;

interface LetterPage {
  readonly filter: LetterFilter;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Newest first, one more than `limit`. */
export async function selectDeadLetters(
  tx: Tx,
  { filter, after, limit }: LetterPage,
): Promise<readonly DeadLetterRow[]> {
  const { rows } = await sql<DeadLetterRow>`
    select ${columns} from ${letters}
    where (${after ?? null}::uuid is null or dlq.id < ${after ?? null}::uuid) and ${matching(filter)}
    order by dlq.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectDeadLetter(tx: Tx, id: string): Promise<DeadLetterRow | undefined> {
  const { rows } = await sql<DeadLetterRow>`select ${columns} from ${letters} where dlq.id = ${id}`.execute(tx);
  return rows[0];
}

/** The oldest open letters that are meant, locked; those that others hold are passed over. */
export async function lockOpenLetters(
  tx: Tx,
  filter: LetterFilter,
  limit: number,
): Promise<readonly { readonly id: string; readonly eventId: string }[]> {
  const { rows } = await sql<{ id: string; eventId: string }>`
    select dlq.id, dlq.event_id as "eventId" from ${letters}
    where dlq.resolution is null and ${matching(filter)}
    order by dlq.id limit ${limit} for update of dlq skip locked`.execute(tx);
  return rows;
}

interface Settlement {
  readonly ids: readonly string[];
  readonly resolution: Resolution;
  readonly note?: string | undefined;
}

/** Settles open letters; tells the events of those that were open. */
export async function resolveLetters(
  tx: Tx,
  { ids, resolution, note }: Settlement,
): Promise<readonly { readonly id: string; readonly eventId: string }[]> {
  const { rows } = await sql<{ id: string; eventId: string }>`
    update mcp.webhook_dlq set resolution = ${resolution}, resolved_at = now(), note = ${note ?? null}
    where id = any(${[...ids]}::uuid[]) and resolution is null
    returning id, event_id as "eventId"`.execute(tx);
  return rows;
}

/** Settles the open letters of events that go on by other means. */
export async function resolveLettersOf(tx: Tx, eventIds: readonly string[], resolution: Resolution): Promise<void> {
  await sql`
    update mcp.webhook_dlq set resolution = ${resolution}, resolved_at = now()
    where event_id = any(${[...eventIds]}::uuid[]) and resolution is null`.execute(tx);
}

function matching({ status, sourceId, event, from, to }: LetterFilter) {
  return sql`(
    (${status ?? null}::text is null or coalesce(dlq.resolution, 'open') = ${status ?? null}::text)
    and (${sourceId ?? null}::uuid is null or event.source_id = ${sourceId ?? null}::uuid)
    and (${event ?? null}::text is null or event.event = ${event ?? null}::text)
    and (${from ?? null}::timestamptz is null or dlq.created_at >= ${from ?? null}::timestamptz)
    and (${to ?? null}::timestamptz is null or dlq.created_at < ${to ?? null}::timestamptz))`;
}
