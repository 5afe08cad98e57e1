import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface DeadLetterRow {
  readonly id: string;
  readonly eventId: string;
  readonly event: string;
  readonly reason: string;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly redrivenAt: Date | null;
}

const letterColumns = sql`dlq.id, dlq.event_id as "eventId", event.event, dlq.reason, dlq.attempts,
  dlq.created_at as "createdAt", dlq.redriven_at as "redrivenAt"`;

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

export async function insertDeadLetter(
  tx: Tx,
  letter: { readonly id: string; readonly eventId: string; readonly reason: string; readonly attempts: number },
): Promise<void> {
  await sql`
    insert into mcp.webhook_dlq (tenant_id, id, event_id, reason, attempts)
    values (${ownTenant}, ${letter.id}, ${letter.eventId}, ${letter.reason}, ${letter.attempts})`.execute(tx);
}

/** Newest first, one more than `limit`. */
export async function selectDeadLetters(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly DeadLetterRow[]> {
  const { rows } = await sql<DeadLetterRow>`
    select ${letterColumns} from mcp.webhook_dlq as dlq
    join mcp.webhook_events as event on event.tenant_id = dlq.tenant_id and event.id = dlq.event_id
    where ${after ?? null}::uuid is null or dlq.id < ${after ?? null}::uuid
    order by dlq.id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectDeadLetter(tx: Tx, id: string): Promise<DeadLetterRow | undefined> {
  const { rows } = await sql<DeadLetterRow>`
    select ${letterColumns} from mcp.webhook_dlq as dlq
    join mcp.webhook_events as event on event.tenant_id = dlq.tenant_id and event.id = dlq.event_id
    where dlq.id = ${id}`.execute(tx);
  return rows[0];
}

/** Puts the event of a dead letter back into the inbox, once; undefined the second time. */
export async function redriveOnce(tx: Tx, id: string): Promise<{ readonly eventId: string } | undefined> {
  const { rows } = await sql<{ eventId: string }>`
    with letter as (
      update mcp.webhook_dlq set redriven_at = now() where id = ${id} and redriven_at is null returning event_id
    )
    update mcp.webhook_events as event
    set status = 'received', attempts = 0, next_attempt_at = now() + interval '15 seconds'
    from letter where event.id = letter.event_id and event.status = 'dead' returning event.id as "eventId"`.execute(tx);
  return rows[0];
}
