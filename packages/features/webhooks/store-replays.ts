import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import { matches, within, type EventFilter } from './store-events.ts';

/** Which events a replay is about: those that were not waiting anyway. */
export interface ReplayFilter {
  readonly from: Date;
  readonly to: Date;
  readonly sourceId?: string | undefined;
  readonly event?: string | undefined;
  readonly status?: 'processed' | 'dead' | undefined;
}

export interface ReplayRow {
  readonly id: string;
  readonly createdBy: string;
  readonly from: Date;
  readonly to: Date;
  readonly sourceId: string | null;
  readonly event: string | null;
  readonly status: 'processed' | 'dead' | null;
  readonly state: 'running' | 'finished' | 'cancelled';
  /** The last event that was looked at. */
  readonly position: string | null;
  readonly replayed: number;
  readonly skipped: number;
  readonly createdAt: Date;
  readonly endedAt: Date | null;
}

const columns = sql`id, created_by as "createdBy", from_time as "from", until_time as "to", source_id as "sourceId", event,
  status, state, position, replayed, skipped, created_at as "createdAt", ended_at as "endedAt"`;

/** Stores a replay of what was received until now, at most. */
export async function insertReplay(
  tx: Tx,
  replay: { readonly id: string; readonly createdBy: string; readonly filter: ReplayFilter },
): Promise<ReplayRow | undefined> {
  const { from, to, sourceId, event, status } = replay.filter;
  const { rows } = await sql<ReplayRow>`
    insert into mcp.webhook_replays (tenant_id, id, created_by, from_time, until_time, source_id, event, status)
    values (current_setting('app.tenant_id')::uuid, ${replay.id}, ${replay.createdBy}, ${from}::timestamptz,
            least(${to}::timestamptz, now()), ${sourceId ?? null}, ${event ?? null}, ${status ?? null})
    returning ${columns}`.execute(tx);
  return rows[0];
}

/** Newest first, one more than `limit`. */
export async function selectReplays(tx: Tx, after: string | undefined, limit: number): Promise<readonly ReplayRow[]> {
  const { rows } = await sql<ReplayRow>`
    select ${columns} from mcp.webhook_replays
    where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectReplay(tx: Tx, id: string): Promise<ReplayRow | undefined> {
  const { rows } = await sql<ReplayRow>`select ${columns} from mcp.webhook_replays where id = ${id}`.execute(tx);
  return rows[0];
}

/** Every tenant with a replay that runs. For a transaction of the system job `sweep`. */
export async function selectRunningReplays(
  tx: Tx,
): Promise<readonly { readonly tenantId: string; readonly id: string }[]> {
  const { rows } = await sql<{ tenantId: string; id: string }>`
    select tenant_id as "tenantId", id from mcp.webhook_replays where state = 'running' order by id`.execute(tx);
  return rows;
}

/** Locks a replay that runs; undefined when it no longer does, or another worker advances it. */
export async function lockReplay(tx: Tx, id: string): Promise<ReplayRow | undefined> {
  const { rows } = await sql<ReplayRow>`
    select ${columns} from mcp.webhook_replays where id = ${id} and state = 'running' for update skip locked`.execute(
    tx,
  );
  return rows[0];
}

/** Ends a replay that runs; undefined when it no longer does. */
export async function cancelReplay(tx: Tx, id: string): Promise<ReplayRow | undefined> {
  const { rows } = await sql<ReplayRow>`
    update mcp.webhook_replays set state = 'cancelled', ended_at = now()
    where id = ${id} and state = 'running' returning ${columns}`.execute(tx);
  return rows[0];
}

/** How many events of a replay wait to be processed, counted no further than `most`. */
export async function countReplaying(tx: Tx, replayId: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select from mcp.webhook_events where replay_id = ${replayId} and status = 'received' limit ${most}
    ) as waiting`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** The next events within a replay's time, oldest first, and which of them it is about. */
export async function selectNextOf(
  tx: Tx,
  replay: ReplayRow,
  limit: number,
): Promise<readonly { readonly id: string; readonly hit: boolean }[]> {
  const filter = filterOf(replay);
  const { rows } = await sql<{ id: string; hit: boolean }>`
    select id, ${matches(filter)} and ${cameBefore(replay)} as hit from mcp.webhook_events
    where (${replay.position}::uuid is null or id > ${replay.position}::uuid) and ${within(filter)}
    order by id limit ${limit}`.execute(tx);
  return rows;
}

interface Advance {
  readonly position: string | null;
  readonly replayed: number;
  readonly skipped: number;
  readonly finished: boolean;
}

/** Notes how far a locked replay came. */
export async function advanceReplay(tx: Tx, id: string, advance: Advance): Promise<void> {
  const { position, replayed, skipped, finished } = advance;
  await sql`
    update mcp.webhook_replays
    set position = coalesce(${position}::uuid, position), replayed = replayed + ${replayed}, skipped = skipped + ${skipped},
        state = case when ${finished}::boolean then 'finished' else state end,
        ended_at = case when ${finished}::boolean then now() end
    where id = ${id}`.execute(tx);
}

/** Counts what a replay would be about, no further than `most`. */
export async function countMatching(tx: Tx, filter: ReplayFilter, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from (
      select from mcp.webhook_events
      where ${within(filter)} and ${matches(filter)} and status <> 'received' limit ${most}
    ) as matching`.execute(tx);
  return rows[0]?.count ?? 0;
}

function filterOf({ from, to, sourceId, event, status }: ReplayRow): EventFilter {
  return { from, to, sourceId: sourceId ?? undefined, event: event ?? undefined, status: status ?? undefined };
}

// What was processed only after the replay was asked for has seen the present rules already.
function cameBefore({ createdAt }: ReplayRow) {
  return sql`(processed_at is null or processed_at < ${createdAt}::timestamptz)`;
}
