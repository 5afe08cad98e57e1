import { hostname } from 'node:os';
import { groupServices, type Clock, type Service } from '@devmesh/foundation';
import { createConsumer, type Delivery, type Stream } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { webhookTopic } from './inbox.ts';
import { bury, process as processEvent, type ProcessingOptions } from './processing.ts';
import { takeDue } from './store-events.ts';

interface WebhookWorkerOptions extends ProcessingOptions {
  readonly stream: Stream;
  readonly clock: Clock;
}

const sweepEveryMilliseconds = 2_000;
const sweepAtOnce = 500;

/** Processes received webhooks: a consumer that works on rings, and a sweeper that rings again for what nobody took. */
export function createWebhookWorker(options: WebhookWorkerOptions): Service {
  const { stream, telemetry, clock, newId } = options;
  const reader = { topic: webhookTopic, group: 'worker', consumer: `${hostname()}-${newId()}` };
  const consumer = createConsumer({
    stream,
    reader,
    telemetry,
    clock,
    handler: ({ tenantId, subjectId }) => processEvent(options, tenantId, subjectId),
    onPoison: (delivery) => buryPoison(options, delivery),
  });
  const sweeper = createSchedule({
    name: 'webhook-sweeper',
    everyMilliseconds: sweepEveryMilliseconds,
    work: () => sweep(options),
    telemetry,
    clock,
  });
  return groupServices('webhooks', [consumer, sweeper]);
}

/** An event whose processing kept crashing the worker, so that it could not even count the tries itself. */
function buryPoison(options: WebhookWorkerOptions, { tenantId, subjectId, deliveries }: Delivery): Promise<void> {
  const reason = `It was taken ${String(deliveries)} times and never finished.`;
  return options.database.tenant(tenantId, (tx) => bury(options, tx, { eventId: subjectId, reason }));
}

/** Rings for events whose time has come: retries, and those whose first ring was lost. */
async function sweep({ database, stream }: WebhookWorkerOptions): Promise<void> {
  const due = await database.system('sweep', (tx) => takeDue(tx, sweepAtOnce));
  if (due.length === 0) return;
  const entries = due.map(({ tenantId, id, traceparent }) => ({
    tenantId,
    kind: 'process',
    subjectId: id,
    ...(traceparent === null ? {} : { traceparent }),
  }));
  await stream.append(webhookTopic, entries);
}
