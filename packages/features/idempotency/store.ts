import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface StoredAnswer {
  readonly requestHash: Uint8Array;
  readonly response: Uint8Array;
}

interface AnswerKey {
  readonly operation: string;
  readonly key: string;
}

export async function selectAnswer(tx: Tx, { operation, key }: AnswerKey): Promise<StoredAnswer | undefined> {
  const { rows } = await sql<StoredAnswer>`
    select request_hash as "requestHash", response from mcp.idempotency_keys
    where operation = ${operation} and key = ${key}`.execute(tx);
  return rows[0];
}

/** Stores an answer; false where one is stored already (it waits for a transaction that is about to). */
export async function insertAnswer(tx: Tx, answer: AnswerKey & StoredAnswer): Promise<boolean> {
  const { rows } = await sql`
    insert into mcp.idempotency_keys (tenant_id, operation, key, request_hash, response)
    values (current_setting('app.tenant_id')::uuid, ${answer.operation}, ${answer.key}, ${answer.requestHash}, ${answer.response})
    on conflict do nothing returning 1`.execute(tx);
  return rows.length === 1;
}

/** Forgets answers older than a day, of all tenants. Returns how many. */
export async function deleteOldAnswers(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with gone as (delete from mcp.idempotency_keys where created_at < now() - interval '1 day' returning 1)
    select count(*)::integer as count from gone`.execute(tx);
  return rows[0]?.count ?? 0;
}
