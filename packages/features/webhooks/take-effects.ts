import { toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Effect, Occurrence, Wish } from '../automation/index.ts';
import { noteFailures } from './failing.ts';
import { processingActor as actor, traceIdOf, type ProcessingContext } from './processing-context.ts';
import { lockWaiting, markProcessed, type StoredEffect, type WaitingEvent } from './store-processing.ts';

/** What became of an event: done with for now, or to be begun alone. */
export type Outcome = 'settled' | 'suspect';

interface Batch {
  readonly tenantId: string;
  readonly eventIds: readonly string[];
  /** Whether events are taken that were begun before and not finished. */
  readonly suspects: boolean;
}

type Ring = () => Promise<void>;

/**
 * Processes events of a tenant in one transaction: all their effects commit with the marks that they were processed, or none.
 * An event whose rules cannot tell is noted as failed and keeps nobody else up. After the commit the effects ring.
 */
export async function takeEffects(options: ProcessingContext, batch: Batch): Promise<readonly Outcome[]> {
  const { tenantId, eventIds, suspects } = batch;
  const done = await options.database.tenant(tenantId, async (tx) => {
    const waiting = await lockWaiting(tx, eventIds);
    const begun = new Set(waiting.filter((event) => event.begun > 0 && !suspects).map(({ id }) => id));
    const rings = await settle(options, tx, {
      tenantId,
      waiting: waiting.filter(({ id }) => !begun.has(id)),
    });
    return { begun, rings };
  });
  await Promise.all(done.rings.map((ring) => ring()));
  return eventIds.map((id) => (done.begun.has(id) ? 'suspect' : 'settled'));
}

interface Locked {
  readonly tenantId: string;
  readonly waiting: readonly WaitingEvent[];
}

async function settle(options: ProcessingContext, tx: Tx, { tenantId, waiting }: Locked): Promise<readonly Ring[]> {
  if (waiting.length === 0) return [];
  const wishesOf = await options.automation.wishes(tx, tenantId);
  const ready: Ready[] = [];
  const failed: { event: WaitingEvent; reason: string }[] = [];
  for (const event of waiting) {
    try {
      ready.push({ event, wishes: wishesOf(occurrenceOf(event)) });
    } catch (error) {
      const { code, message } = toMeshError(error);
      failed.push({ event, reason: `${code}: ${message}` });
    }
  }
  const effects = await carryOut(tx, tenantId, ready);
  if (ready.length > 0) await noteProcessed(options, tx, ready, effects);
  if (failed.length > 0) await noteFailures(options, tx, failed);
  return [...effects.values()].flat().flatMap(({ ring }) => (ring === undefined ? [] : [ring]));
}

interface Ready {
  readonly event: WaitingEvent;
  readonly wishes: readonly Wish[];
}

type Done = Effect & { readonly wish: Wish };

/** Hands the wishes of all events to their actions, each action once; what was done, by event. */
async function carryOut(
  tx: Tx,
  tenantId: string,
  ready: readonly Ready[],
): Promise<ReadonlyMap<string, readonly Done[]>> {
  const wanted = ready.flatMap(({ event, wishes }) => wishes.map((wish) => ({ eventId: event.id, wish })));
  const effects = new Map<Wish, Effect>();
  for (const action of new Set(wanted.map(({ wish }) => wish.action))) {
    const own = wanted.filter(({ wish }) => wish.action === action).map(({ wish }) => wish);
    const made = await action.run(
      tx,
      { tenantId, actor },
      own.map(({ request }) => request),
    );
    own.forEach((wish, index) => effects.set(wish, made[index] ?? { summary: wish.summary }));
  }
  return new Map(
    ready.map(({ event, wishes }) => [
      event.id,
      wishes.map((wish) => ({ ...(effects.get(wish) ?? { summary: wish.summary }), wish })),
    ]),
  );
}

async function noteProcessed(
  { audit, events }: ProcessingContext,
  tx: Tx,
  ready: readonly Ready[],
  effects: ReadonlyMap<string, readonly Done[]>,
): Promise<void> {
  const lines = ready.map(({ event }) => lineOf(event, effects.get(event.id) ?? []));
  await markProcessed(
    tx,
    lines.map(({ event, tasks, stored }) => ({ id: event.id, taskId: tasks[0] ?? null, effects: stored })),
  );
  await audit.recordMany(
    tx,
    lines.map(({ event, tasks, stored }) => ({
      actor,
      action: 'webhooks.process',
      subject: event.id,
      detail: { event: event.event, run: event.run, tasks, effects: stored.length },
      traceId: traceIdOf(event),
    })),
  );
  await events.publishMany(
    tx,
    lines.map(({ event, tasks, stored }) => ({
      type: 'webhook.processed' as const,
      subjectId: event.id,
      summary: `${event.event} processed: ${String(stored.length)} effect(s)`,
      data: { event: event.event, tasks, effects: stored.length },
      traceId: traceIdOf(event),
    })),
  );
}

function lineOf(event: WaitingEvent, done: readonly Done[]) {
  const tasks = done.flatMap(({ wish, subjectId }) =>
    wish.action.type === 'task' && subjectId !== undefined ? [subjectId] : [],
  );
  const stored: readonly StoredEffect[] = done.map(({ wish, subjectId, summary }) => ({
    run: event.run,
    ruleId: wish.rule.id,
    rule: wish.rule.name,
    action: wish.action.type,
    summary,
    ...(subjectId === undefined ? {} : { subjectId }),
  }));
  return { event, tasks, stored };
}

/** An event as rules see it. */
export function occurrenceOf(
  event: Pick<WaitingEvent, 'id' | 'sourceId' | 'source' | 'event' | 'action' | 'payload' | 'traceparent'>,
): Occurrence {
  const { id, sourceId, source, action, payload, traceparent } = event;
  return { eventId: id, sourceId, source, event: event.event, action, payload, traceparent };
}
