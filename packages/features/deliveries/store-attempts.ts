import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

export interface AttemptRow {
  readonly number: number;
  readonly at: Date;
  readonly durationMs: number;
  readonly succeeded: boolean;
  readonly statusCode: number | null;
  readonly errorCode: string | null;
  readonly excerpt: string;
}

interface NewAttempt extends AttemptRow {
  readonly deliveryId: string;
  readonly endpointId: string;
}

export async function insertAttempt(tx: Tx, attempt: NewAttempt): Promise<void> {
  await sql`
    insert into mcp.endpoint_attempts
      (tenant_id, delivery_id, number, endpoint_id, at, duration_ms, succeeded, status_code, error_code, excerpt)
    values (current_setting('app.tenant_id')::uuid, ${attempt.deliveryId}, ${attempt.number}, ${attempt.endpointId},
            ${attempt.at}, ${attempt.durationMs}, ${attempt.succeeded}, ${attempt.statusCode}, ${attempt.errorCode},
            ${attempt.excerpt})`.execute(tx);
}

/** The attempts of a delivery in their order. */
export async function selectAttempts(tx: Tx, deliveryId: string): Promise<readonly AttemptRow[]> {
  const { rows } = await sql<AttemptRow>`
    select number, at, duration_ms as "durationMs", succeeded, status_code as "statusCode", error_code as "errorCode", excerpt
    from mcp.endpoint_attempts where delivery_id = ${deliveryId} order by number`.execute(tx);
  return rows;
}

export interface StatsRow {
  readonly attempts: number;
  readonly succeeded: number;
  /** Milliseconds; null without an attempt. */
  readonly p50: number | null;
  readonly p95: number | null;
  /** Deliveries that wait now. */
  readonly waiting: number;
}

/** How an endpoint answered in the last hours. */
export async function selectStats(tx: Tx, endpointId: string, hours: number): Promise<StatsRow> {
  const { rows } = await sql<StatsRow>`
    select count(*)::integer as attempts, (count(*) filter (where succeeded))::integer as succeeded,
      percentile_disc(0.5) within group (order by duration_ms) as p50,
      percentile_disc(0.95) within group (order by duration_ms) as p95,
      (select count(*)::integer from mcp.endpoint_deliveries
       where endpoint_id = ${endpointId} and status = 'waiting') as waiting
    from mcp.endpoint_attempts
    where endpoint_id = ${endpointId} and at >= now() - make_interval(hours => ${hours}::integer)`.execute(tx);
  return rows[0] ?? { attempts: 0, succeeded: 0, p50: null, p95: null, waiting: 0 };
}
