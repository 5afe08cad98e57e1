import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** What is kept for its own number of days. */
export type RetentionKind = 'webhooks' | 'feed' | 'audit';

interface KindRow {
  readonly kind: RetentionKind;
  readonly days: number;
}

/** How many days the organization keeps each kind. */
export async function selectDays(tx: Tx): Promise<readonly KindRow[]> {
  const { rows } = await sql<KindRow>`
    select kinds.kind, coalesce(settings.days, kinds.default_days) as days
    from mcp.retention_kinds() as kinds left join mcp.retention_settings as settings using (kind)`.execute(tx);
  return rows;
}

/** Keeps a kind for so many days; the database refuses what is out of its bounds. */
export async function upsertDays(tx: Tx, kind: RetentionKind, days: number): Promise<void> {
  await sql`
    insert into mcp.retention_settings (tenant_id, kind, days)
    values (current_setting('app.tenant_id')::uuid, ${kind}, ${days})
    on conflict (tenant_id, kind) do update set days = excluded.days, updated_at = now()`.execute(tx);
}
