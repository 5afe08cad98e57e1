import type { Tx } from '@devmesh/infrastructure';
import type { Telemetry } from '@devmesh/foundation';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Notifications } from '../notifications/index.ts';
import type { AttemptResult } from './attempt.ts';
import { afterFailure, afterSuccess, isHopeless } from './breaker.ts';
import { breakerOf, type Address } from './lease.ts';
import { nextAttemptAfter } from './retry-schedule.ts';
import { insertAttempt } from './store-attempts.ts';
import { finishAttempt, type DeliveryStatus, type LeasedRow } from './store-deliveries.ts';
import { lockEndpoint, setEnabled, updateBreaker, type EndpointWithSecrets } from './store-endpoints.ts';

export interface OutcomeOptions {
  readonly audit: Audit;
  readonly events: Events;
  readonly notifications: Notifications;
  readonly telemetry: Telemetry;
}

interface Attempted {
  readonly address: Address;
  readonly delivery: LeasedRow;
  readonly result: AttemptResult;
}

const actor = 'system:deliver';
/** The receiver says that it is gone for good. */
const gone = 410;
/** Taken up so often without a result, it is its own request that ends the workers. */
const mostAbandoned = 20;

/** Whether a delivery was taken up again and again and never came to a result; it is then given up. */
export function isPoison({ fence, attempts }: Pick<LeasedRow, 'fence' | 'attempts'>): boolean {
  return Number(fence) - attempts > mostAbandoned;
}

/**
 * Notes the result of an attempt: the delivery, the line of its log and the endpoint's breaker change in one transaction.
 * The result of a worker whose lease has passed to another changes nothing.
 */
export async function settle(options: OutcomeOptions, tx: Tx, attempted: Attempted): Promise<void> {
  const { address, delivery, result } = attempted;
  const endpoint = await lockEndpoint(tx, address.endpointId);
  if (endpoint === undefined) return;
  const { status, pauseSeconds } = fate(delivery, result);
  const number = await finishAttempt(tx, {
    id: delivery.id,
    fence: delivery.fence,
    status,
    pauseSeconds,
    lastStatus: result.statusCode,
    lastError: result.succeeded ? undefined : (result.errorCode ?? `HTTP ${String(result.statusCode)}`),
  });
  if (number === undefined) {
    options.telemetry.metrics.count('devmesh_delivery_results_refused_total');
    return;
  }
  await insertAttempt(tx, { ...logged(result), number, deliveryId: delivery.id, endpointId: endpoint.id });
  if (status === 'failed') await tellFailed(options, tx, { ...attempted, attempts: number });
  if (result.succeeded) await noteSuccess(tx, endpoint);
  else if (!isPoison(delivery)) await noteFailure(options, tx, endpoint, result);
}

interface Fate {
  readonly status: DeliveryStatus;
  readonly pauseSeconds: number;
}

/** What becomes of a delivery after an attempt. */
function fate(delivery: LeasedRow, result: AttemptResult): Fate {
  if (result.succeeded) return { status: 'delivered', pauseSeconds: 0 };
  const final = delivery.singleAttempt || result.statusCode === gone || isPoison(delivery);
  if (final) return { status: 'failed', pauseSeconds: 0 };
  const pauseSeconds = nextAttemptAfter({
    attempts: delivery.attempts + 1,
    retryAfterSeconds: result.retryAfterSeconds,
    random: Math.random(),
  });
  return pauseSeconds === undefined ? { status: 'failed', pauseSeconds: 0 } : { status: 'waiting', pauseSeconds };
}

function logged({ at, durationMs, succeeded, statusCode, errorCode, excerpt }: AttemptResult) {
  return { at, durationMs, succeeded, statusCode: statusCode ?? null, errorCode: errorCode ?? null, excerpt };
}

async function tellFailed(
  { events }: OutcomeOptions,
  tx: Tx,
  { address, delivery, attempts }: Attempted & { readonly attempts: number },
): Promise<void> {
  await events.publish(tx, {
    type: 'delivery.failed',
    subjectId: delivery.id,
    summary: `${delivery.eventType} could not be delivered in ${String(attempts)} attempt(s)`,
    data: { endpointId: address.endpointId, eventType: delivery.eventType, attempts },
  });
}

async function noteSuccess(tx: Tx, endpoint: EndpointWithSecrets): Promise<void> {
  if (endpoint.failures > 0 || endpoint.openUntil !== null) await updateBreaker(tx, endpoint.id, afterSuccess());
}

async function noteFailure(
  options: OutcomeOptions,
  tx: Tx,
  endpoint: EndpointWithSecrets,
  { statusCode }: AttemptResult,
): Promise<void> {
  // Somebody has switched it off meanwhile; that was its reason.
  if (!endpoint.enabled) return;
  const now = endpoint.now.getTime();
  const breaker = afterFailure(breakerOf(endpoint), now);
  const reason = statusCode === gone ? 'gone' : isHopeless(breaker, now) ? 'failing' : undefined;
  if (reason === undefined) await updateBreaker(tx, endpoint.id, breaker);
  else await switchOff(options, tx, endpoint, reason);
}

const explanations = {
  gone: 'It answered 410 Gone, which asks for no further webhooks.',
  failing: 'Every attempt of the last days has failed.',
} as const;

async function switchOff(
  { audit, events, notifications }: OutcomeOptions,
  tx: Tx,
  endpoint: EndpointWithSecrets,
  reason: 'gone' | 'failing',
): Promise<void> {
  await setEnabled(tx, endpoint.id, reason);
  const host = new URL(endpoint.url).host;
  const text = `${explanations[reason]} What waits for it is kept; switch it on again with \`endpoints update\`.`;
  await notifications.notifyIn(tx, { title: `Webhooks to ${host} are switched off`, text, severity: 'error', actor });
  await audit.record(tx, { actor, action: 'endpoints.disable', subject: endpoint.id, detail: { reason } });
  await events.publish(tx, {
    type: 'endpoint.disabled',
    subjectId: endpoint.id,
    summary: `Webhooks to ${host} are switched off`,
    data: { reason },
  });
}
