import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { SignedEndpoint } from './endpoints.ts';
import { breakerOf } from './lease.ts';
import type { Deliveries } from './service.ts';
import type { AttemptRow, StatsRow } from './store-attempts.ts';
import type { DeliveryRow } from './store-deliveries.ts';
import type { EndpointRow } from './store-endpoints.ts';

/** The routes of webhook endpoints and of what is delivered to them. */
export function deliveryRoutes({ deliveries }: { readonly deliveries: Deliveries }): readonly Route[] {
  return [...endpointRoutes(deliveries), ...logRoutes(deliveries)];
}

function endpointRoutes({ endpoints, log }: Deliveries): readonly Route[] {
  return [
    route(operations.endpoints.create, async ({ principal, body, remember }) =>
      presentSigned(await endpoints.create(principal, body, (tx, created) => remember(tx, presentSigned(created)))),
    ),
    route(operations.endpoints.list, async ({ principal, query }) => {
      const { items, ...rest } = await endpoints.list(principal, query);
      return { ...rest, items: items.map(presentEndpoint) };
    }),
    route(operations.endpoints.get, async ({ principal, params }) =>
      presentEndpoint(await endpoints.get(principal, params.endpointId)),
    ),
    route(operations.endpoints.update, async ({ principal, params, body }) =>
      presentEndpoint(await endpoints.update(principal, params.endpointId, body)),
    ),
    route(operations.endpoints.delete, async ({ principal, params }) => {
      await endpoints.remove(principal, params.endpointId);
      return undefined;
    }),
    route(operations.endpoints.rotate, async ({ principal, params, body, remember }) => {
      const rotation = { ...params, ...body };
      return presentSigned(
        await endpoints.rotate(principal, rotation, (tx, rotated) => remember(tx, presentSigned(rotated))),
      );
    }),
    route(operations.endpoints.test, async ({ principal, params }) =>
      presentDelivery(await log.test(principal, params.endpointId)),
    ),
    route(operations.endpoints.stats, async ({ principal, params, query }) =>
      presentStats(await endpoints.stats(principal, params.endpointId, query.hours)),
    ),
  ];
}

function logRoutes({ log }: Deliveries): readonly Route[] {
  return [
    route(operations.deliveries.list, async ({ principal, query }) => {
      const { items, ...rest } = await log.listDeliveries(principal, query);
      return { ...rest, items: items.map(presentDelivery) };
    }),
    route(operations.deliveries.get, async ({ principal, params }) => {
      const { delivery, attempts } = await log.getDelivery(principal, params.deliveryId);
      return { ...presentDelivery(delivery), payload: delivery.payload, log: attempts.map(presentAttempt) };
    }),
    route(operations.deliveries.retry, async ({ principal, params }) =>
      presentDelivery(await log.retry(principal, params.deliveryId)),
    ),
    route(operations.deliveries.retryRange, async ({ principal, params, body }) => ({
      retried: await log.retryRange(principal, params.endpointId, body),
    })),
  ];
}

type Endpoint = ResponseOf<typeof operations.endpoints.get>;

function presentSigned({ endpoint, secret }: SignedEndpoint): ResponseOf<typeof operations.endpoints.create> {
  return { endpoint: presentEndpoint(endpoint), secret: secret.open() };
}

function presentEndpoint(row: EndpointRow): Endpoint {
  const { failures, openUntil } = breakerOf(row);
  const now = Date.now();
  const breaker = openUntil === undefined ? 'closed' : openUntil > now ? 'open' : 'probing';
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    eventTypes: row.eventTypes,
    headers: row.headerNames,
    enabled: row.enabled,
    breaker,
    failuresInARow: failures,
    createdAt: row.createdAt.toISOString(),
    ...(row.disabledReason === null ? {} : { disabledReason: row.disabledReason }),
    ...(row.failingSince === null ? {} : { failingSince: row.failingSince.toISOString() }),
    ...(row.openUntil === null ? {} : { openUntil: row.openUntil.toISOString() }),
    ...(row.previousSecretUntil === null ? {} : { previousSecretUntil: row.previousSecretUntil.toISOString() }),
  };
}

function presentDelivery(row: DeliveryRow): ResponseOf<typeof operations.deliveries.retry> {
  return {
    id: row.id,
    endpointId: row.endpointId,
    eventType: row.eventType,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.createdAt.toISOString(),
    ...(row.status === 'waiting' ? { nextAttemptAt: row.nextAttemptAt.toISOString() } : {}),
    ...(row.lastStatus === null ? {} : { lastStatus: row.lastStatus }),
    ...(row.lastError === null ? {} : { lastError: row.lastError }),
    ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt.toISOString() }),
  };
}

function presentAttempt(row: AttemptRow): ResponseOf<typeof operations.deliveries.get>['log'][number] {
  return {
    number: row.number,
    at: row.at.toISOString(),
    durationMilliseconds: row.durationMs,
    succeeded: row.succeeded,
    excerpt: row.excerpt,
    ...(row.statusCode === null ? {} : { statusCode: row.statusCode }),
    ...(row.errorCode === null ? {} : { errorCode: row.errorCode }),
  };
}

function presentStats({
  attempts,
  succeeded,
  p50,
  p95,
  waiting,
}: StatsRow): ResponseOf<typeof operations.endpoints.stats> {
  return {
    attempts,
    succeeded,
    waiting,
    ...(attempts === 0 ? {} : { successRate: succeeded / attempts }),
    ...(p50 === null ? {} : { p50Milliseconds: p50 }),
    ...(p95 === null ? {} : { p95Milliseconds: p95 }),
  };
}
