import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';

/** How a service is looked at again. */
export interface RefreshState {
  readonly sourceUrl: string | null;
  readonly kind: 'openapi' | 'mcp';
  readonly intervalMinutes: number;
  readonly graceHours: number;
  readonly nextAt: Date | null;
  readonly checkedAt: Date | null;
  readonly outcome: 'unchanged' | 'applied' | 'waiting' | 'failed' | null;
  readonly reason: string | null;
}

/** The state of a service; undefined where there is no such service. */
export async function selectRefresh(tx: Tx, toolId: string): Promise<RefreshState | undefined> {
  const { rows } = await sql<RefreshState>`
    select t.source_url as "sourceUrl", t.kind, coalesce(r.interval_minutes, 360) as "intervalMinutes",
           coalesce(r.grace_hours, 168) as "graceHours", r.next_at as "nextAt", r.checked_at as "checkedAt", r.outcome, r.reason
    from mcp.tool_configurations t
    left join mcp.tool_refreshes r on r.tenant_id = t.tenant_id and r.tool_id = t.id
    where t.id = ${toolId}`.execute(tx);
  return rows[0];
}

/** Sets interval and grace; the next look comes within the interval, at a time of its own. */
export async function upsertSettings(
  tx: Tx,
  {
    toolId,
    intervalMinutes,
    graceHours,
  }: {
    readonly toolId: string;
    readonly intervalMinutes: number;
    readonly graceHours: number;
  },
): Promise<void> {
  await sql`
    insert into mcp.tool_refreshes as r (tenant_id, tool_id, interval_minutes, grace_hours, next_at)
    select t.tenant_id, t.id, ${intervalMinutes}::int, ${graceHours}::int,
      case when t.source_url is not null and t.kind = 'openapi' and ${intervalMinutes}::int > 0
           then now() + make_interval(secs => ${intervalMinutes}::int * 60 * (0.5 + random() / 2)) end
    from mcp.tool_configurations t where t.id = ${toolId}
    on conflict (tenant_id, tool_id) do update set
      interval_minutes = excluded.interval_minutes, grace_hours = excluded.grace_hours, next_at = excluded.next_at`.execute(
    tx,
  );
}

/** What a look needs, under a lease. */
export interface ClaimedRefresh {
  readonly fence: string;
  readonly etag: string | null;
  readonly lastModified: string | null;
  readonly service: string;
  readonly sourceUrl: string | null;
  readonly kind: 'openapi' | 'mcp';
  readonly baseUrl: string;
  /** Where the organization sends its calls, whatever the document says. */
  readonly givenBaseUrl: string | null;
  readonly serverVariables: Readonly<Record<string, string>>;
}

const leaseSeconds = 300;

/** Takes the lease on a service; undefined where somebody else has it, or there is no such service. */
export async function claimRefresh(tx: Tx, toolId: string, onlyWhenDue: boolean): Promise<ClaimedRefresh | undefined> {
  await sql`
    insert into mcp.tool_refreshes (tenant_id, tool_id, next_at)
    select tenant_id, id, now() from mcp.tool_configurations where id = ${toolId} and not ${onlyWhenDue}
    on conflict (tenant_id, tool_id) do nothing`.execute(tx);
  const { rows } = await sql<ClaimedRefresh>`
    update mcp.tool_refreshes r
    set fence = r.fence + 1, leased_until = now() + make_interval(secs => ${leaseSeconds})
    from mcp.tool_configurations t
    where r.tool_id = ${toolId} and t.tenant_id = r.tenant_id and t.id = r.tool_id
      and (r.leased_until is null or r.leased_until < now())
      and (not ${onlyWhenDue} or r.next_at <= now())
    returning r.fence::text as fence, r.etag, r.last_modified as "lastModified", t.name as service,
      t.source_url as "sourceUrl", t.kind, t.base_url as "baseUrl", 
      t.given_base_url as "givenBaseUrl", t.server_variables as "serverVariables"`.execute(tx);
  return rows[0];
}

/** How a look ended. */
export interface EndedRefresh {
  readonly toolId: string;
  readonly fence: string;
  readonly outcome: 'unchanged' | 'applied' | 'waiting' | 'failed';
  readonly reason?: string;
  /** Absent: as they were. */
  readonly etag?: string | null;
  readonly lastModified?: string | null;
}

/** Stores how a look ended and gives the lease back; false for a late holder. Failures put the next look off. */
export async function endRefresh(tx: Tx, ended: EndedRefresh): Promise<boolean> {
  const { toolId, fence, outcome, reason = null } = ended;
  const failed = outcome === 'failed';
  const told = ended.etag !== undefined;
  const { rows } = await sql`
    update mcp.tool_refreshes r set
      leased_until = null, checked_at = now(), outcome = ${outcome}, reason = ${reason}::text,
      failures = case when ${failed} then r.failures + 1 else 0 end,
      etag = case when ${told} then ${ended.etag ?? null}::text else r.etag end,
      last_modified = case when ${told} then ${ended.lastModified ?? null}::text else r.last_modified end,
      next_at = case when r.interval_minutes = 0 or t.source_url is null or t.kind <> 'openapi' then null
        when ${failed} then now() + make_interval(secs =>
          least(r.interval_minutes * 60, 300 * power(2, least(r.failures, 10))) * (0.75 + random() / 2))
        else now() + make_interval(secs => r.interval_minutes * 60 * (0.9 + random() / 5)) end
    from mcp.tool_configurations t
    where r.tool_id = ${toolId} and r.fence = ${fence}::bigint and t.tenant_id = r.tenant_id and t.id = r.tool_id
    returning r.tool_id`.execute(tx);
  return rows.length > 0;
}

/** Whether the lease is still held under this fence; holds it for the transaction. */
export async function holdsRefresh(tx: Tx, toolId: string, fence: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from mcp.tool_refreshes where tool_id = ${toolId} and fence = ${fence}::bigint for update`.execute(tx);
  return rows.length > 0;
}

/** A service of some organization. */
export interface ServiceOf {
  readonly tenantId: string;
  readonly toolId: string;
}

/** Services whose time has come, across organizations. */
export async function selectDueRefreshes(tx: Tx, limit: number): Promise<readonly ServiceOf[]> {
  const { rows } = await sql<ServiceOf>`
    select tenant_id as "tenantId", tool_id as "toolId" from mcp.tool_refreshes
    where next_at <= now() and (leased_until is null or leased_until < now())
    order by next_at limit ${limit}`.execute(tx);
  return rows;
}

/** Services for which it is not known yet when they are looked at. */
export async function selectUnscheduled(tx: Tx, limit: number): Promise<readonly ServiceOf[]> {
  const { rows } = await sql<ServiceOf>`
    select t.tenant_id as "tenantId", t.id as "toolId" from mcp.tool_configurations t
    where t.kind = 'openapi'
      and not exists (select from mcp.tool_refreshes r where r.tenant_id = t.tenant_id and r.tool_id = t.id)
    limit ${limit}`.execute(tx);
  return rows;
}
