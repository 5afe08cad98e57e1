import type { Tx } from '@devmesh/infrastructure';
import { processingActor as actor, traceIdOf, type ProcessingContext } from './processing-context.ts';
import { retryDelaySeconds } from './rules.ts';
import { insertDeadLetters, lockWaiting, markFailed, type WaitingEvent } from './store-processing.ts';

type FailingOptions = Pick<ProcessingContext, 'database' | 'audit' | 'events' | 'newId' | 'maximumAttempts'>;

interface Failure {
  readonly event: WaitingEvent;
  readonly reason: string;
}

interface Failed {
  readonly tenantId: string;
  readonly eventId: string;
  readonly reason: string;
}

/** Counts a failed try of an event whose own transaction was rolled back. */
export async function failAlone(options: FailingOptions, { tenantId, eventId, reason }: Failed): Promise<void> {
  await options.database.tenant(tenantId, async (tx) => {
    const [event] = await lockWaiting(tx, [eventId]);
    if (event !== undefined) await noteFailures(options, tx, [{ event, reason }]);
  });
}

/** Makes an event a dead letter at once. */
export async function giveUp(options: FailingOptions, { tenantId, eventId, reason }: Failed): Promise<void> {
  await options.database.tenant(tenantId, async (tx) => {
    const [event] = await lockWaiting(tx, [eventId]);
    if (event === undefined) return;
    const attempts = event.attempts + event.begun - 1;
    await markFailed(tx, [{ id: eventId, reason, attempts, delaySeconds: 0, dead: true }]);
    await bury(options, tx, [{ event, reason, attempts }]);
  });
}

/** Notes failed tries of locked events in the transaction of the caller; the last try makes a dead letter. */
export async function noteFailures(options: FailingOptions, tx: Tx, failures: readonly Failure[]): Promise<void> {
  const counted = failures.map(({ event, reason }) => ({ event, reason, attempts: event.attempts + 1 }));
  await markFailed(
    tx,
    counted.map(({ event, reason, attempts }) => ({
      id: event.id,
      reason,
      attempts,
      delaySeconds: retryDelaySeconds(attempts, Math.random()),
      dead: attempts >= options.maximumAttempts,
    })),
  );
  const last = counted.filter(({ attempts }) => attempts >= options.maximumAttempts);
  if (last.length > 0) await bury(options, tx, last);
}

type Buried = Failure & { readonly attempts: number };

async function bury({ audit, events, newId }: FailingOptions, tx: Tx, buried: readonly Buried[]): Promise<void> {
  await insertDeadLetters(
    tx,
    buried.map(({ event, reason, attempts }) => ({ id: newId(), eventId: event.id, reason, attempts, run: event.run })),
  );
  await audit.recordMany(
    tx,
    buried.map(({ event, attempts }) => ({
      actor,
      action: 'webhooks.process',
      subject: event.id,
      outcome: 'failed' as const,
      detail: { event: event.event, run: event.run, attempts },
      traceId: traceIdOf(event),
    })),
  );
  await events.publishMany(
    tx,
    buried.map(({ event, reason }) => ({
      type: 'webhook.dead' as const,
      subjectId: event.id,
      summary: `${event.event} could not be processed`,
      data: { event: event.event, reason },
      traceId: traceIdOf(event),
    })),
  );
}
