import { MeshError, systemClock, toMeshError, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, Stream } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Vault } from '../vault/index.ts';
import { kinds } from './kinds/index.ts';
import type { Arrival } from './kinds/kind.ts';
import { insertEvent } from './store-events.ts';
import { selectSource, type SourceRow } from './store-sources.ts';

export interface InboxOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
}

/** The stream that tells workers where to look. */
export const webhookTopic = 'webhooks';

interface Received {
  readonly eventId: string;
  /** Whether this delivery was here before. */
  readonly duplicate: boolean;
}

/**
 * Takes a webhook in: verifies the signature over the raw bytes (before anything is written), commits the event, then
 * rings for it. When the ring fails, the sweeper rings later: what is committed is never lost.
 */
export async function receive(options: InboxOptions, sourceId: string, arrival: Arrival): Promise<Received> {
  const source = await options.database.system('webhook-receive', (tx) => selectSource(tx, sourceId));
  if (source === undefined) throw new MeshError('not_found', `There is no webhook source ${sourceId}.`);
  await verify(options, source, arrival);
  const received = await commit(options, source, arrival);
  if (!received.duplicate) await ring(options, source.tenantId, received.eventId);
  return received;
}

/** How sealed secrets of sources are bound to their place. */
export function secretPlace(tenantId: string, sourceId: string) {
  return { tenantId, table: 'webhook_sources', row: sourceId, field: 'secret' };
}

async function verify(options: InboxOptions, source: SourceRow, arrival: Arrival): Promise<void> {
  const { tenantId, id, kind } = source;
  const secret = await options.database.tenant(tenantId, (tx) =>
    options.vault.open(tx, secretPlace(tenantId, id), source.secret),
  );
  try {
    kinds[kind].verify(arrival, { secrets: [secret], now: systemClock.now(), toleranceSeconds: 300, settings: {} });
  } catch (error) {
    options.telemetry.metrics.count('devmesh_webhooks_refused_total', { kind });
    throw error;
  }
}

async function commit(options: InboxOptions, source: SourceRow, arrival: Arrival): Promise<Received> {
  const { event, deliveryId, payload } = kinds[source.kind].read(arrival, {});
  const { tracer, metrics } = options.telemetry;
  const stored = await options.database.tenant(source.tenantId, async (tx) => {
    const row = await insertEvent(tx, {
      id: options.newId(),
      sourceId: source.id,
      deliveryId,
      event,
      payload: JSON.stringify(payload),
      traceparent: tracer.traceparent(),
    });
    if (!row.inserted) return row;
    await options.audit.record(tx, {
      actor: `webhook:${source.id}`,
      action: 'webhooks.receive',
      subject: row.id,
      detail: { event, deliveryId },
    });
    await options.events.publish(tx, {
      type: 'webhook.received',
      subjectId: row.id,
      summary: `${source.name}: ${event}`,
      data: { event, deliveryId, sourceId: source.id },
    });
    return row;
  });
  metrics.count('devmesh_webhooks_received_total', { kind: source.kind, duplicate: String(!stored.inserted) });
  return { eventId: stored.id, duplicate: !stored.inserted };
}

/** Rings for a committed event; a failure is logged and made up for by the sweeper. */
export async function ring(
  options: Pick<InboxOptions, 'stream' | 'telemetry'>,
  tenantId: string,
  eventId: string,
): Promise<void> {
  const { tracer, log } = options.telemetry;
  try {
    const traceparent = tracer.traceparent();
    await options.stream.append(webhookTopic, [{ tenantId, kind: 'process', subjectId: eventId, traceparent }]);
  } catch (error) {
    log.warn('a ring for a webhook failed; the sweeper will ring again', {
      'webhook.event_id': eventId,
      'error.code': toMeshError(error).code,
    });
  }
}
