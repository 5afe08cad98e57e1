import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { UpstreamState } from './store.ts';
import type { UpstreamTransport } from './address.ts';

/** How long a lease lasts that nobody renews. */
export const leaseSeconds = 60;

/** A server, whosever it is. */
export interface Orphan {
  readonly tenantId: string;
  readonly toolId: string;
}

/** Servers of all organizations that nobody follows, those that wait longest first. */
export async function selectOrphans(tx: Tx, limit: number): Promise<readonly Orphan[]> {
  const { rows } = await sql<Orphan>`
    select tenant_id as "tenantId", tool_id as "toolId" from mcp.upstream_servers
    where leased_until is null or leased_until < now()
    order by next_look_at limit ${limit}`.execute(tx);
  return rows;
}

/** Takes the lease of a server; its fence, or undefined where somebody else has it. */
export async function takeLease(tx: Tx, toolId: string, seconds: number): Promise<string | undefined> {
  const { rows } = await sql<{ fence: string }>`
    update mcp.upstream_servers set fence = fence + 1, leased_until = now() + ${seconds} * interval '1 second'
    where tool_id = ${toolId} and (leased_until is null or leased_until < now())
    returning fence::text as fence`.execute(tx);
  return rows[0]?.fence;
}

/** What whoever follows a server needs to know. */
export interface Followed {
  readonly state: UpstreamState;
  readonly transport: UpstreamTransport;
  /** Until it is to be looked at again; not above 0 where that is now. */
  readonly dueMilliseconds: number;
}

/** Holds on to a lease; undefined where it was lost or the server is gone. */
export async function renewLease(
  tx: Tx,
  { toolId, fence, seconds }: { readonly toolId: string; readonly fence: string; readonly seconds: number },
): Promise<Followed | undefined> {
  const { rows } = await sql<Followed>`
    update mcp.upstream_servers set leased_until = now() + ${seconds} * interval '1 second'
    where tool_id = ${toolId} and fence = ${fence}::bigint
    returning state, transport, (extract(epoch from next_look_at - now()) * 1000)::float8 as "dueMilliseconds"`.execute(
    tx,
  );
  return rows[0];
}

/** Gives a lease back. */
export async function releaseLease(tx: Tx, toolId: string, fence: string): Promise<void> {
  await sql`
    update mcp.upstream_servers set leased_until = null where tool_id = ${toolId} and fence = ${fence}::bigint`.execute(
    tx,
  );
}
