import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** An event that waits although its time has come. */
export interface DueEvent {
  readonly tenantId: string;
  readonly id: string;
  readonly traceparent: string | null;
}

interface Share {
  /** Most events of one tenant. */
  readonly perTenant: number;
  readonly limit: number;
}

/**
 * Takes due events, those of every tenant in turn, and postpones them, so that the next sweep does not ring for them at
 * once. For a transaction of the system job `sweep`.
 */
export async function takeDue(tx: Tx, { perTenant, limit }: Share): Promise<readonly DueEvent[]> {
  const { rows } = await sql<DueEvent>`
    update mcp.webhook_events as event set next_attempt_at = now() + interval '10 seconds'
    from (
      select tenant_id, id from mcp.webhook_events
      where status = 'received' and next_attempt_at <= now() and (tenant_id, id) in (
        select tenant_id, id from (
          select tenant_id, id, row_number() over (partition by tenant_id order by next_attempt_at, id) as place
          from mcp.webhook_events where status = 'received' and next_attempt_at <= now()
        ) as ranked
        where place <= ${perTenant} order by place, tenant_id limit ${limit}
      )
      for update skip locked
    ) as due
    where event.tenant_id = due.tenant_id and event.id = due.id
    returning event.tenant_id as "tenantId", event.id, event.traceparent`.execute(tx);
  return rows;
}
