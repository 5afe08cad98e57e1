import type { Clock, Logger } from '@devmesh/foundation';
import type { ConsumerOptions } from './consumer.ts';
import type { Delivery } from './port.ts';

interface DeliveryRunOptions extends Pick<
  ConsumerOptions,
  'stream' | 'reader' | 'handler' | 'onPoison' | 'maxDeliveries' | 'telemetry'
> {
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when handlers should give up. */
  readonly signal: AbortSignal;
}

/** Works on one delivery inside a span of the trace that caused it. Never rejects: what fails is logged, counted and left pending. */
export function createDeliveryRun(options: DeliveryRunOptions): (delivery: Delivery) => Promise<void> {
  const { stream, reader, telemetry, clock, log } = options;
  const labels = { topic: reader.topic, group: reader.group };
  const work = async (delivery: Delivery): Promise<'processed' | 'poison'> => {
    const isPoison = delivery.deliveries > (options.maxDeliveries ?? 5);
    if (isPoison) await options.onPoison(delivery);
    else await options.handler(delivery, options.signal);
    await stream.acknowledge(reader.topic, reader.group, [delivery.entryId]);
    return isPoison ? 'poison' : 'processed';
  };
  return async (delivery) => {
    const startedAt = clock.now();
    const attributes = attributesOf(reader.topic, reader.group, delivery);
    let outcome: 'processed' | 'poison' | 'failed' = 'failed';
    log.debug('an entry is begun', attributes);
    try {
      const span = { parent: delivery.traceparent, attributes };
      outcome = await telemetry.tracer.span(`process ${reader.topic}`, span, () => work(delivery));
    } catch (error) {
      log.error('an entry failed; it comes again later', error, attributes);
    }
    if (outcome === 'poison') log.warn('an entry failed too often and was put aside', attributes);
    telemetry.metrics.count('devmesh_stream_entries_total', { ...labels, outcome });
    telemetry.metrics.time('devmesh_stream_entry_seconds', (clock.now() - startedAt) / 1000, labels);
  };
}

function attributesOf(topic: string, group: string, delivery: Delivery): Record<string, string | number> {
  return {
    'messaging.destination.name': topic,
    'messaging.consumer.group.name': group,
    'messaging.message.id': delivery.entryId,
    'devmesh.tenant.id': delivery.tenantId,
    'devmesh.stream.kind': delivery.kind,
    'devmesh.stream.subject': delivery.subjectId,
    'devmesh.stream.deliveries': delivery.deliveries,
  };
}
