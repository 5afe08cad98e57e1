import { MeshError, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, Stream, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { missing, readEndpoint } from './endpoints.ts';
import { payloadOf } from './payload.ts';
import { ring } from './ring.ts';
import { selectAttempts, type AttemptRow } from './store-attempts.ts';
import {
  insertDeliveries,
  retryDeliveries,
  retryDelivery,
  selectDeliveries,
  selectDelivery,
  type DeliveryRow,
  type DeliveryStatus,
  type PayloadRow,
} from './store-deliveries.ts';
import { hurryBreaker, lockEndpoint } from './store-endpoints.ts';

export interface DeliveryLogOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly audit: Audit;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
}

interface Listing {
  readonly endpointId?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

interface Range {
  readonly since: string;
  readonly until?: string | undefined;
}

interface LoggedDelivery {
  readonly delivery: PayloadRow;
  readonly attempts: readonly AttemptRow[];
}

/** What was sent, how it went, and sending it again. */
export interface DeliveryLog {
  listDeliveries(principal: Principal, listing: Listing): Promise<Page<DeliveryRow>>;
  /** A delivery with its payload and its attempts; throws `not_found`. */
  getDelivery(principal: Principal, deliveryId: string): Promise<LoggedDelivery>;
  /** Gives a failed delivery one more attempt; one that has not failed is left as it is. */
  retry(principal: Principal, deliveryId: string): Promise<DeliveryRow>;
  /** Gives each failed delivery of an endpoint in a range of time one more attempt; returns how many, at most 1,000 at once. */
  retryRange(principal: Principal, endpointId: string, range: Range): Promise<number>;
  /** Sends an `endpoint.test` event, once; an open breaker lets it through. */
  test(principal: Principal, endpointId: string): Promise<DeliveryRow>;
}

const mostAtOnce = 1_000;

/** Builds the log of deliveries. */
export function createDeliveryLog(options: DeliveryLogOptions): DeliveryLog {
  const { database } = options;
  return {
    listDeliveries: async ({ tenantId }, { cursor, limit, endpointId, status, since, until }) => {
      const filter = { endpointId, status, since, until, limit, after: readCursor(cursor, uuidPosition) };
      const rows = await database.tenant(tenantId, (tx) => selectDeliveries(tx, filter));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    getDelivery: ({ tenantId }, deliveryId) =>
      database.tenant(tenantId, async (tx) => ({
        delivery: await readDelivery(tx, deliveryId),
        attempts: await selectAttempts(tx, deliveryId),
      })),
    retry: (principal, deliveryId) => retry(options, principal, deliveryId),
    retryRange: (principal, endpointId, range) => retryRange(options, principal, { endpointId, ...range }),
    test: (principal, endpointId) => test(options, principal, endpointId),
  };
}

async function readDelivery(tx: Tx, deliveryId: string): Promise<PayloadRow> {
  const row = await selectDelivery(tx, deliveryId);
  if (row === undefined) throw new MeshError('not_found', `There is no delivery ${deliveryId}.`);
  return row;
}

async function retry(options: DeliveryLogOptions, principal: Principal, deliveryId: string): Promise<DeliveryRow> {
  const { tenantId } = principal;
  const { delivery, again } = await options.database.tenant(tenantId, async (tx) => {
    const { endpointId } = await readDelivery(tx, deliveryId);
    await requireEnabled(tx, endpointId);
    const retried = await retryDelivery(tx, deliveryId);
    if (retried)
      await options.audit.record(tx, { actor: actorOf(principal), action: 'deliveries.retry', subject: deliveryId });
    return { delivery: await readDelivery(tx, deliveryId), again: retried };
  });
  if (again) await ring(options, { tenantId, endpointId: delivery.endpointId });
  return delivery;
}

async function retryRange(
  options: DeliveryLogOptions,
  principal: Principal,
  { endpointId, since, until }: Range & { readonly endpointId: string },
): Promise<number> {
  const { tenantId } = principal;
  const retried = await options.database.tenant(tenantId, async (tx) => {
    await requireEnabled(tx, endpointId);
    const count = await retryDeliveries(tx, { endpointId, since, until, limit: mostAtOnce });
    const detail = { since, until: until ?? null, count };
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'deliveries.retryRange',
      subject: endpointId,
      detail,
    });
    return count;
  });
  if (retried > 0) await ring(options, { tenantId, endpointId });
  return retried;
}

async function requireEnabled(tx: Tx, endpointId: string): Promise<void> {
  const { enabled } = await readEndpoint(tx, endpointId);
  if (!enabled) throw new MeshError('invalid_state', 'The endpoint is switched off; switch it on first.');
}

async function test(options: DeliveryLogOptions, principal: Principal, endpointId: string): Promise<DeliveryRow> {
  const { tenantId } = principal;
  const id = options.newId();
  const delivery = await options.database.tenant(tenantId, async (tx) => {
    const endpoint = await lockEndpoint(tx, endpointId);
    if (endpoint === undefined) throw missing(endpointId);
    await requireEnabled(tx, endpointId);
    await insertDeliveries(tx, endpointId, [
      { id, eventType: 'endpoint.test', payload: testPayload(tenantId, endpointId, endpoint.now), singleAttempt: true },
    ]);
    await hurryBreaker(tx, endpointId);
    await options.audit.record(tx, { actor: actorOf(principal), action: 'endpoints.test', subject: endpointId });
    return readDelivery(tx, id);
  });
  await ring(options, { tenantId, endpointId });
  return delivery;
}

function testPayload(tenantId: string, endpointId: string, now: Date): string {
  return payloadOf(tenantId, {
    type: 'endpoint.test',
    at: now.toISOString(),
    subjectId: endpointId,
    summary: 'A test of this endpoint',
    data: {},
  });
}
