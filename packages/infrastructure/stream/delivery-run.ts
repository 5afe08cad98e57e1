import type { Clock, Logger } from '@devmesh/foundation';
import type { ConsumerOptions } from './consumer.ts';
import type { Delivery } from './port.ts';

interface DeliveryRunOptions extends Pick<ConsumerOptions, 'reader' | 'handler' | 'onPoison' | 'telemetry'> {
  readonly clock: Clock;
  readonly log: Logger;
  readonly isPoison: (delivery: Delivery) => boolean;
  /** Aborts when handlers should give up. */
  readonly signal: AbortSignal;
}

/** What came of a delivery; `interrupted` when its handler gave up because it was told to. */
export type Outcome = 'processed' | 'poison' | 'failed' | 'interrupted';

/**
 * Works on deliveries that say the same, by one run for the first of them inside a span of the trace that caused it.
 * Never rejects: what fails is logged and counted.
 */
export function createDeliveryRun(options: DeliveryRunOptions): (deliveries: readonly Delivery[]) => Promise<Outcome> {
  const { reader, telemetry, clock, log } = options;
  const labels = { topic: reader.topic, group: reader.group };
  const work = async (delivery: Delivery): Promise<Outcome> => {
    // Decided before anything runs: an entry that kills the process must not get another chance to.
    if (options.isPoison(delivery)) {
      await options.onPoison(delivery);
      return 'poison';
    }
    await options.handler(delivery, options.signal);
    return 'processed';
  };
  return async (deliveries) => {
    const [delivery] = deliveries;
    if (delivery === undefined) return 'processed';
    const startedAt = clock.now();
    const attributes = attributesOf(reader.topic, reader.group, delivery);
    let outcome: Outcome = 'failed';
    log.debug('an entry is begun', attributes);
    try {
      const span = { parent: delivery.traceparent, attributes };
      outcome = await telemetry.tracer.span(`process ${reader.topic}`, span, () => work(delivery));
    } catch (error) {
      if (options.signal.aborted) outcome = 'interrupted';
      else log.error('an entry failed; it comes again later', error, attributes);
    }
    if (outcome === 'poison') log.warn('an entry failed too often and was put aside', attributes);
    telemetry.metrics.count('devmesh_stream_entries_total', { ...labels, outcome }, deliveries.length);
    telemetry.metrics.time('devmesh_stream_entry_seconds', (clock.now() - startedAt) / 1000, labels);
    return outcome;
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
