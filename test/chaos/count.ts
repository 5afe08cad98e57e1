import type { MigrationConnection } from '@devmesh/infrastructure';
import { titlePrefix } from './sources.ts';
import type { Counted, Visible } from './world.ts';

type Connection = Pick<MigrationConnection, 'query'>;

/** Reads from the tables what became of every delivery, on a connection that sees all organizations. */
export async function countAll(connection: Connection): Promise<Counted> {
  const tasks = await connection.query<{ delivery: string; tenants: string[] }>(
    `select substr(title, ${String(titlePrefix.length + 1)}) as delivery, json_agg(tenant_id::text) as tenants
     from mcp.tasks where title like $1 group by title`,
    [`${titlePrefix}%`],
  );
  const dead = await connection.query<{ delivery: string; attempts: number[] }>(
    `select event.payload ->> 'sent' as delivery, json_agg(letter.attempts) as attempts
     from mcp.webhook_dlq as letter
     join mcp.webhook_events as event on event.tenant_id = letter.tenant_id and event.id = letter.event_id
     group by 1`,
  );
  const stored = await connection.query<{ delivery: string }>(
    `select distinct payload ->> 'sent' as delivery from mcp.webhook_events`,
  );
  return {
    tasks: new Map(tasks.map(({ delivery, tenants }) => [delivery, tenants])),
    dead: new Map(dead.map(({ delivery, attempts }) => [delivery, attempts])),
    stored: new Set(stored.map(({ delivery }) => delivery)),
  };
}

/** How many effects and dead letters there are now. */
export async function countVisible(connection: Connection): Promise<Visible> {
  const [row] = await connection.query<{ effects: string; dead: string }>(
    `select (select count(*) from mcp.tasks where title like $1) as effects,
            (select count(*) from mcp.webhook_dlq) as dead`,
    [`${titlePrefix}%`],
  );
  return { effects: Number(row?.effects ?? 0), dead: Number(row?.dead ?? 0) };
}

/** How many effects one organization has now. */
export async function countEffectsOf(connection: Connection, tenantId: string): Promise<number> {
  const [row] = await connection.query<{ effects: string }>(
    `select count(*) as effects from mcp.tasks where tenant_id = $1 and title like $2`,
    [tenantId, `${titlePrefix}%`],
  );
  return Number(row?.effects ?? 0);
}
