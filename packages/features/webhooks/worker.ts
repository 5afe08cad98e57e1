import { hostname } from 'node:os';
import { groupServices, type Clock, type Service } from '@devmesh/foundation';
import { createConsumer, type Delivery, type Stream } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { webhookTopic } from './inbox.ts';
import { createProcessor, type ProcessingOptions } from './processing.ts';
import { advanceReplays } from './replayer.ts';
import { sweep } from './sweep.ts';

interface WebhookWorkerOptions extends ProcessingOptions {
  readonly stream: Stream;
  readonly clock: Clock;
}

const group = 'worker';
const sweepEveryMilliseconds = 1_000;
const replayEveryMilliseconds = 1_000;
/** Enough that a tenant fills one transaction while the next fills up, and that others still find room. */
const eventsAtOnce = 120;
const eventsOfTenantAtOnce = 80;

/**
 * Processes received webhooks: a consumer that works on rings, a sweeper that rings again for what nobody took, and a
 * replayer that puts ranges of events back.
 */
export function createWebhookWorker(options: WebhookWorkerOptions): Service {
  const { stream, telemetry, clock, newId } = options;
  const processor = createProcessor(options);
  // An entry that came before may have ended the worker that had it; the event's row tells whether it did, again and again.
  const process = ({ tenantId, subjectId, deliveries }: Delivery): Promise<void> =>
    processor.process(tenantId, subjectId, deliveries > 1);
  const consumer = createConsumer({
    stream,
    reader: { topic: webhookTopic, group, consumer: `${hostname()}-${newId()}` },
    concurrency: eventsAtOnce,
    tenantShare: eventsOfTenantAtOnce,
    telemetry,
    clock,
    handler: process,
    onPoison: process,
  });
  const every = (name: string, everyMilliseconds: number, work: (signal: AbortSignal) => Promise<unknown>): Service =>
    createSchedule({
      name,
      everyMilliseconds,
      work: async (signal) => {
        await work(signal);
      },
      telemetry,
      clock,
    });
  return groupServices('webhooks', [
    consumer,
    every('webhook-sweeper', sweepEveryMilliseconds, (signal) => sweep({ ...options, group }, signal)),
    every('webhook-replayer', replayEveryMilliseconds, (signal) => advanceReplays(options, signal)),
  ]);
}
