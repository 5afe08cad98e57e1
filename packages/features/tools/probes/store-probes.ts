import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { HealthCheck } from './health-check.ts';
import type { PermittedOperation } from './granted.ts';
import type { ProbedTool } from './organization-request.ts';

const keptChecks = 200;
const leaseSeconds = 120;

/** A service that whoever holds the fence may look at. */
export interface ClaimedProbe {
  readonly tool: ProbedTool;
  readonly fence: string;
  readonly permissionsDue: boolean;
}

/** Organizations in which a service is due, at most `limit`. */
export async function selectTenantsWithDue(tx: Tx, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ tenantId: string }>`
    select distinct t.tenant_id as "tenantId" from mcp.tool_configurations t
    left join mcp.tool_probes p on p.tenant_id = t.tenant_id and p.tool_id = t.id
    where t.kind = 'openapi' and (p.tool_id is null
      or (least(p.due_at, p.permissions_due_at) <= now() and (p.leased_until is null or p.leased_until < now())))
    limit ${limit}`.execute(tx);
  return rows.map(({ tenantId }) => tenantId);
}

/** Those of the services of an organization that are due; one that was never looked at is. */
export async function selectDue(tx: Tx, limit: number): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select t.id from mcp.tool_configurations t
    left join mcp.tool_probes p on p.tenant_id = t.tenant_id and p.tool_id = t.id
    where t.kind = 'openapi' and (p.tool_id is null or least(p.due_at, p.permissions_due_at) <= now())
    order by coalesce(p.due_at, t.created_at) limit ${limit}`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Leases a service; undefined where somebody else looks at it, or it is gone. */
export async function claimProbe(tx: Tx, toolId: string): Promise<ClaimedProbe | undefined> {
  await sql`
    insert into mcp.tool_probes (tenant_id, tool_id)
    select tenant_id, id from mcp.tool_configurations where id = ${toolId} and kind = 'openapi'
    on conflict (tenant_id, tool_id) do nothing`.execute(tx);
  const { rows } = await sql<{ fence: string; permissionsDue: boolean }>`
    update mcp.tool_probes set fence = fence + 1, leased_until = now() + make_interval(secs => ${leaseSeconds})
    where tool_id = (select tool_id from mcp.tool_probes
                     where tool_id = ${toolId} and (leased_until is null or leased_until < now())
                     for update skip locked)
    returning fence::text, permissions_due_at <= now() as "permissionsDue"`.execute(tx);
  const [lease] = rows;
  const tool = lease === undefined ? undefined : await selectProbedTool(tx, toolId);
  return lease === undefined || tool === undefined ? undefined : { ...lease, tool };
}

/** A service as probes see it. */
export async function selectProbedTool(tx: Tx, toolId: string): Promise<ProbedTool | undefined> {
  const { rows } = await sql<ProbedTool>`
    select t.id, t.name, t.base_url as "baseUrl", t.pack, t.kind,
           coalesce((select o.security from mcp.tool_operations o where o.tool_id = t.id
                     group by o.security order by count(*) desc limit 1), '[]') as security
    from mcp.tool_configurations t where t.id = ${toolId}`.execute(tx);
  return rows[0];
}

/** The operations of a service as permissions see them. */
export async function selectPermitted(tx: Tx, toolId: string): Promise<readonly PermittedOperation[]> {
  const { rows } = await sql<PermittedOperation>`
    select key, method, path from mcp.tool_operations where tool_id = ${toolId}`.execute(tx);
  return rows;
}

/** What a look brought, to be stored by whoever still holds the fence. */
export interface ProbeResult {
  readonly toolId: string;
  readonly fence: string;
  readonly nextSeconds: number;
  readonly permissions:
    | { readonly status: 'known' | 'unknown' | 'failed'; readonly reason: string | null; readonly nextSeconds: number }
    | undefined;
}

/** Ends the lease; false where it has passed to another. */
export async function releaseProbe(tx: Tx, { toolId, fence, nextSeconds, permissions }: ProbeResult): Promise<boolean> {
  const { rows } = await sql`
    update mcp.tool_probes set leased_until = null, due_at = now() + make_interval(secs => ${nextSeconds})
    where tool_id = ${toolId} and fence = ${fence}::bigint returning tool_id`.execute(tx);
  if (rows.length === 0) return false;
  if (permissions !== undefined) {
    await sql`
      update mcp.tool_probes set permissions_status = ${permissions.status}, permissions_reason = ${permissions.reason}::text,
        permissions_checked_at = now(), permissions_due_at = now() + make_interval(secs => ${permissions.nextSeconds})
      where tool_id = ${toolId}`.execute(tx);
  }
  return true;
}

/** Makes the look at what a credential may do due at once, e.g. since there is another. */
export async function markPermissionsDue(tx: Tx, toolId: string): Promise<void> {
  await sql`
    update mcp.tool_probes set permissions_due_at = now(), due_at = now(), fence = fence + 1, leased_until = null
    where tool_id = ${toolId}`.execute(tx);
}

interface StoredCheck extends HealthCheck {
  readonly toolId: string;
  readonly id: string;
}

/** Adds a check to the history of a service, which forgets the oldest beyond a bound. */
export async function insertCheck(tx: Tx, check: StoredCheck): Promise<void> {
  const { toolId, id, status, latencyMilliseconds, httpStatus, reason } = check;
  await sql`
    insert into mcp.tool_health (tenant_id, tool_id, id, status, latency_milliseconds, http_status, reason)
    values (current_setting('app.tenant_id')::uuid, ${toolId}, ${id}, ${status}, ${latencyMilliseconds}::int,
            ${httpStatus}::int, ${reason}::text)`.execute(tx);
  await sql`
    delete from mcp.tool_health where tool_id = ${toolId} and id in
      (select id from mcp.tool_health where tool_id = ${toolId} order by checked_at desc, id desc offset ${keptChecks})`.execute(
    tx,
  );
}

/** A check as it was stored. */
export interface PastCheck extends HealthCheck {
  readonly at: Date;
}

/** Newest first. */
export async function selectChecks(tx: Tx, toolId: string, limit: number): Promise<readonly PastCheck[]> {
  const { rows } = await sql<PastCheck>`
    select status, latency_milliseconds as "latencyMilliseconds", http_status as "httpStatus", reason, checked_at as at
    from mcp.tool_health where tool_id = ${toolId} order by checked_at desc, id desc limit ${limit}`.execute(tx);
  return rows;
}

/** What is known of what the stored credential may do. */
export interface KnownPermissions {
  readonly status: 'known' | 'unknown' | 'failed' | null;
  readonly reason: string | null;
  readonly at: Date | null;
}

/** Undefined before the first look. */
export async function selectPermissions(tx: Tx, toolId: string): Promise<KnownPermissions | undefined> {
  const { rows } = await sql<KnownPermissions>`
    select permissions_status as status, permissions_reason as reason, permissions_checked_at as at
    from mcp.tool_probes where tool_id = ${toolId}`.execute(tx);
  return rows[0];
}

/** Reasons for which operations are hidden, and how many for each. */
export async function countLacking(
  tx: Tx,
  toolId: string,
): Promise<readonly { readonly reason: string; readonly operations: number }[]> {
  const { rows } = await sql<{ reason: string; operations: number }>`
    select lacking as reason, count(*)::int as operations from mcp.tool_operations
    where tool_id = ${toolId} and lacking is not null group by lacking order by count(*) desc, lacking limit 100`.execute(
    tx,
  );
  return rows;
}

/** Hides what the credential cannot do and shows again what it can; how many operations that changed. */
export async function applyLacking(tx: Tx, toolId: string, lacking: ReadonlyMap<string, string>): Promise<number> {
  const entries = JSON.stringify([...lacking].map(([key, reason]) => ({ key, reason })));
  const { rows } = await sql`
    with wanted as (select key, reason from jsonb_to_recordset(${entries}::jsonb) as w (key text, reason text))
    update mcp.tool_operations o set lacking = w.reason,
      hidden_reason = case when o.hidden_by is null and o.hidden_reason is not distinct from o.lacking then w.reason
                           else o.hidden_reason end
    from (select known.key, wanted.reason from mcp.tool_operations known left join wanted on wanted.key = known.key
          where known.tool_id = ${toolId}) w
    where o.tool_id = ${toolId} and o.key = w.key and o.lacking is distinct from w.reason
    returning o.key`.execute(tx);
  return rows.length;
}
