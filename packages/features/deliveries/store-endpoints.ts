import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';
import { somethingAfter, type Position } from '../events/index.ts';
import type { Breaker } from './breaker.ts';

export type DisabledReason = 'asked' | 'gone' | 'failing';

export interface EndpointRow {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly eventTypes: string[];
  readonly enabled: boolean;
  readonly disabledReason: DisabledReason | null;
  readonly headerNames: string[];
  readonly previousSecretUntil: Date | null;
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly openings: number;
  readonly openUntil: Date | null;
  readonly createdAt: Date;
}

/** An endpoint with what its requests need, and the time of the database at which it was read. */
export interface EndpointWithSecrets extends EndpointRow {
  readonly secret: Uint8Array;
  /** Absent once the grace of a rotation is over. */
  readonly previousSecret: Uint8Array | null;
  readonly headers: Uint8Array | null;
  readonly now: Date;
}

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

const columns = sql`id, url, description, event_types as "eventTypes", enabled, disabled_reason as "disabledReason",
  header_names as "headerNames", previous_secret_until as "previousSecretUntil", failures, failing_since as "failingSince",
  openings, open_until as "openUntil", created_at as "createdAt"`;

const sealedColumns = sql`secret, case when previous_secret_until > now() then previous_secret end as "previousSecret", headers,
  clock_timestamp() as now`;

interface NewEndpoint {
  readonly id: string;
  readonly url: string;
  readonly description: string;
  readonly eventTypes: readonly string[];
  readonly headerNames: readonly string[];
  readonly headers: Uint8Array | null;
  readonly secret: Uint8Array;
  readonly position: Position;
}

export async function insertEndpoint(tx: Tx, endpoint: NewEndpoint): Promise<void> {
  const { position } = endpoint;
  await sql`
    insert into mcp.webhook_endpoints
      (tenant_id, id, url, description, event_types, header_names, headers, secret, position_xid, position_seq)
    values (${ownTenant}, ${endpoint.id}, ${endpoint.url}, ${endpoint.description}, ${endpoint.eventTypes}::text[],
            ${endpoint.headerNames}::text[], ${endpoint.headers}, ${endpoint.secret},
            ${position.xid}::text::xid8, ${position.seq}::bigint)`.execute(tx);
}

export async function countEndpoints(tx: Tx): Promise<number> {
  const { rows } = await sql<{ count: number }>`select count(*)::integer as count from mcp.webhook_endpoints`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}

/** Newest first, one more than `limit`. */
export async function selectEndpoints(
  tx: Tx,
  after: string | undefined,
  limit: number,
): Promise<readonly EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`
    select ${columns} from mcp.webhook_endpoints
    where ${after ?? null}::uuid is null or id < ${after ?? null}::uuid
    order by id desc limit ${limit + 1}`.execute(tx);
  return rows;
}

export async function selectEndpoint(tx: Tx, id: string): Promise<EndpointRow | undefined> {
  const { rows } = await sql<EndpointRow>`select ${columns} from mcp.webhook_endpoints where id = ${id}`.execute(tx);
  return rows[0];
}

/** Locks an endpoint until the transaction ends: whoever takes up deliveries, notes results or changes it comes one by one. */
export async function lockEndpoint(tx: Tx, id: string): Promise<EndpointWithSecrets | undefined> {
  const { rows } = await sql<EndpointWithSecrets>`
    select ${columns}, ${sealedColumns} from mcp.webhook_endpoints where id = ${id} for no key update`.execute(tx);
  return rows[0];
}

export async function deleteEndpoint(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`delete from mcp.webhook_endpoints where id = ${id} returning id`.execute(tx);
  return rows.length > 0;
}

/** The fields of an endpoint that may be changed; what is absent stays. */
export interface EndpointChange {
  readonly url?: string | undefined;
  readonly description?: string | undefined;
  readonly eventTypes?: readonly string[] | undefined;
  readonly headers?: { readonly names: readonly string[]; readonly sealed: Uint8Array | null } | undefined;
}

/** Changes a locked endpoint. */
export async function updateEndpoint(tx: Tx, id: string, change: EndpointChange): Promise<void> {
  const { url, description, eventTypes, headers } = change;
  const sets: RawBuilder<unknown>[] = [];
  if (url !== undefined) sets.push(sql`url = ${url}`);
  if (description !== undefined) sets.push(sql`description = ${description}`);
  if (eventTypes !== undefined) sets.push(sql`event_types = ${eventTypes}::text[]`);
  if (headers !== undefined) sets.push(sql`header_names = ${headers.names}::text[], headers = ${headers.sealed}`);
  if (sets.length === 0) return;
  await sql`update mcp.webhook_endpoints set ${sql.join(sets)} where id = ${id}`.execute(tx);
}

/** Switches an endpoint off for a reason, or on again without one; on again, its breaker is closed. */
export async function setEnabled(tx: Tx, id: string, reason: DisabledReason | undefined): Promise<void> {
  await sql`
    update mcp.webhook_endpoints
    set enabled = ${reason === undefined}, disabled_reason = ${reason ?? null}, failures = 0, failing_since = null,
        openings = 0, open_until = null
    where id = ${id}`.execute(tx);
}

/** Puts a new secret in place; the one before it goes on signing for the grace. */
export async function rotateSecret(tx: Tx, id: string, secret: Uint8Array, graceSeconds: number): Promise<void> {
  await sql`
    update mcp.webhook_endpoints
    set previous_secret = secret, previous_secret_until = now() + make_interval(secs => ${graceSeconds}::double precision),
        secret = ${secret}
    where id = ${id}`.execute(tx);
}

/** Writes the breaker of a locked endpoint. */
export async function updateBreaker(tx: Tx, id: string, breaker: Breaker): Promise<void> {
  const instant = (at: number | undefined): Date | null => (at === undefined ? null : new Date(at));
  await sql`
    update mcp.webhook_endpoints
    set failures = ${breaker.failures}, failing_since = ${instant(breaker.failingSince)}, openings = ${breaker.openings},
        open_until = ${instant(breaker.openUntil)}
    where id = ${id}`.execute(tx);
}

/** Lets an open breaker probe at once. */
export async function hurryBreaker(tx: Tx, id: string): Promise<void> {
  await sql`
    update mcp.webhook_endpoints set open_until = least(open_until, now()) where id = ${id} and open_until > now()`.execute(
    tx,
  );
}

/** An endpoint as the dispatcher holds it. */
export interface FollowingRow {
  readonly id: string;
  readonly eventTypes: readonly string[];
  readonly position: Position;
}

export async function selectFollowing(tx: Tx): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from mcp.webhook_endpoints where enabled order by id`.execute(tx);
  return rows.map(({ id }) => id);
}

/** Locks an enabled endpoint; undefined while somebody else has it. */
export async function lockFollowing(tx: Tx, id: string): Promise<FollowingRow | undefined> {
  const { rows } = await sql<{ id: string; eventTypes: string[]; xid: string; seq: string }>`
    select id, event_types as "eventTypes", position_xid::text as xid, position_seq::text as seq
    from mcp.webhook_endpoints where id = ${id} and enabled for no key update skip locked`.execute(tx);
  const row = rows[0];
  return row === undefined
    ? undefined
    : { id: row.id, eventTypes: row.eventTypes, position: { xid: row.xid, seq: row.seq } };
}

export async function movePosition(tx: Tx, id: string, { xid, seq }: Position): Promise<void> {
  await sql`
    update mcp.webhook_endpoints set position_xid = ${xid}::text::xid8, position_seq = ${seq}::bigint where id = ${id}`.execute(
    tx,
  );
}

/** What there is to do for an enabled endpoint. */
export interface Pending {
  readonly tenantId: string;
  readonly endpointId: string;
  /** The feed holds events after its position. */
  readonly behind: boolean;
  /** Something may be sent now. */
  readonly due: boolean;
}

/**
 * Every enabled endpoint of all tenants; for a transaction of the system job `deliver`. Both answers come from the head
 * of an index, however long feed and backlog are.
 */
export async function selectPending(tx: Tx): Promise<readonly Pending[]> {
  const { rows } = await sql<Pending>`
    select endpoint.tenant_id as "tenantId", endpoint.id as "endpointId",
      ${somethingAfter(sql`endpoint.tenant_id`, sql`endpoint.position_xid`, sql`endpoint.position_seq`)} as behind,
      (endpoint.open_until is null or endpoint.open_until <= now()) and exists (
        select from mcp.endpoint_deliveries as delivery
        where delivery.tenant_id = endpoint.tenant_id and delivery.endpoint_id = endpoint.id
          and delivery.status = 'waiting' and delivery.next_attempt_at <= now()
          and (delivery.lease_until is null or delivery.lease_until <= now())
      ) as due
    from mcp.webhook_endpoints as endpoint where endpoint.enabled`.execute(tx);
  return rows;
}
