import { toMeshError, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Tasks } from '../tasks/index.ts';
import { maximumAttempts, retryDelaySeconds, wantedTasks } from './rules.ts';
import { insertDeadLetter } from './store-dead-letters.ts';
import { lockWaiting, markDead, markFailed, markProcessed, type PayloadRow } from './store-events.ts';
import { selectSource } from './store-sources.ts';

export interface ProcessingOptions {
  readonly database: Database;
  readonly tasks: Pick<Tasks, 'createIn'>;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
}

const actor = 'system:webhooks';
const largestInput = 32_768;

/**
 * Processes an event exactly once: its effects and the mark that it was processed commit together, so a repeated ring
 * finds nothing to do. A failure is counted in the event's row, which also says when to try again.
 */
export async function process(options: ProcessingOptions, tenantId: string, eventId: string): Promise<void> {
  try {
    await options.database.tenant(tenantId, async (tx) => {
      const event = await lockWaiting(tx, eventId);
      if (event !== undefined) await takeEffect(options, tx, { tenantId, event });
    });
  } catch (error) {
    const known = toMeshError(error);
    if (known.code === 'unavailable') throw error;
    options.telemetry.log.error('processing a webhook failed', error, { 'webhook.event_id': eventId });
    await fail(options, { tenantId, eventId, reason: `${known.code}: ${known.message}` });
  }
}

async function takeEffect(
  options: ProcessingOptions,
  tx: Tx,
  { tenantId, event }: { tenantId: string; event: PayloadRow },
): Promise<void> {
  const source = await selectSource(tx, event.sourceId);
  const wanted = wantedTasks(source?.rules ?? [], event.event, event.payload);
  const created: string[] = [];
  for (const { title, capability } of wanted) {
    const request = { title, capability, input: inputOf(event), description: '', priority: 5 };
    const task = await options.tasks.createIn(tx, { tenantId, actor, request, source: 'webhook' });
    created.push(task.id);
  }
  await markProcessed(tx, event.id, created[0]);
  await options.audit.record(tx, {
    actor,
    action: 'webhooks.process',
    subject: event.id,
    detail: { event: event.event, tasks: created },
  });
  await options.events.publish(tx, {
    type: 'webhook.processed',
    subjectId: event.id,
    summary: `${event.event} processed: ${String(created.length)} task(s)`,
    data: { event: event.event, tasks: created },
  });
}

/** What the agent is given; a large payload is left out and can be read as the webhook event. */
function inputOf(event: PayloadRow): Record<string, unknown> {
  const base = { webhookEventId: event.id, event: event.event };
  const fits = JSON.stringify(event.payload).length <= largestInput;
  return fits ? { ...base, payload: event.payload } : { ...base, payloadOmitted: true };
}

interface Failure {
  readonly tenantId: string;
  readonly eventId: string;
  readonly reason: string;
}

async function fail(options: ProcessingOptions, { tenantId, eventId, reason }: Failure): Promise<void> {
  await options.database.tenant(tenantId, async (tx) => {
    const waiting = await lockWaiting(tx, eventId);
    if (waiting === undefined) return;
    const attempts = waiting.attempts + 1;
    await markFailed(tx, { id: eventId, reason, attempts, delaySeconds: retryDelaySeconds(attempts, Math.random()) });
    if (attempts >= maximumAttempts) await bury(options, tx, { eventId, reason });
  });
}

/** Gives up on an event: a dead letter that can be redriven. Does nothing when the event no longer waits. */
export async function bury(
  options: ProcessingOptions,
  tx: Tx,
  { eventId, reason }: { readonly eventId: string; readonly reason: string },
): Promise<void> {
  const event = await markDead(tx, eventId);
  if (event === undefined) return;
  await insertDeadLetter(tx, { id: options.newId(), eventId, reason, attempts: event.attempts });
  await options.audit.record(tx, {
    actor,
    action: 'webhooks.process',
    subject: eventId,
    outcome: 'failed',
    detail: { attempts: event.attempts },
  });
  await options.events.publish(tx, {
    type: 'webhook.dead',
    subjectId: eventId,
    summary: `${event.event} could not be processed`,
    data: { event: event.event, reason },
  });
}
