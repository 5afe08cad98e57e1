import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import type { Events } from '../../events/index.ts';
import { insertEvents, selectDelivered, type DeliveryKey, type NewEvent } from '../store-inbox.ts';

/** A verified delivery on its way into the inbox. */
export interface InboxItem extends NewEvent {
  readonly sourceName: string;
  readonly traceId: string | undefined;
}

/** What became of an item: an event, new or known before; or its source has changed since it was verified. */
export type Stored = { readonly eventId: string; readonly duplicate: boolean } | 'stale';

interface CommitOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Events;
}

/** Commits items of one tenant in one transaction: the events with what makes a repetition known, audit lines and feed events. */
export async function commitBatch(
  { database, audit, events }: CommitOptions,
  tenantId: string,
  items: readonly InboxItem[],
): Promise<readonly Stored[]> {
  const firsts = new Map(items.toReversed().map((item) => [keyOf(item), item]));
  const eventIds = await database.tenant(tenantId, async (tx) => {
    const { stored, repeated } = await store(tx, [...firsts.values()]);
    if (stored.length > 0) {
      await audit.recordMany(tx, stored.map(auditFact));
      await events.publishMany(tx, stored.map(feedFact));
    }
    return new Map([...stored.map(({ id }) => [id, id] as const), ...(await eventIdsOf(tx, repeated))]);
  });
  return items.map((item) => {
    const eventId = eventIds.get(firsts.get(keyOf(item))?.id ?? '');
    return eventId === undefined ? 'stale' : { eventId, duplicate: eventId !== item.id };
  });
}

async function store(
  tx: Tx,
  items: readonly InboxItem[],
): Promise<Record<'stored' | 'repeated', readonly InboxItem[]>> {
  const inserted = await insertEvents(tx, items);
  return {
    stored: items.filter(({ id }) => inserted.get(id) === true),
    repeated: items.filter(({ id }) => inserted.get(id) === false),
  };
}

/** By the id of the repeating item. One whose delivery was forgotten in this very moment is missing, and tried again. */
async function eventIdsOf(tx: Tx, repeated: readonly InboxItem[]): Promise<ReadonlyMap<string, string>> {
  if (repeated.length === 0) return new Map();
  const known = await selectDelivered(tx, repeated);
  const eventIds = new Map(known.map((row) => [deliveryName(row), row.eventId]));
  return new Map(repeated.flatMap((item) => entryOf(item.id, eventIds.get(deliveryName(item)))));
}

function entryOf(id: string, eventId: string | undefined): readonly (readonly [string, string])[] {
  return eventId === undefined ? [] : [[id, eventId]];
}

/** Repetitions in one batch share the fate of the first, if both were verified against the same revision. */
function keyOf(item: InboxItem): string {
  return `${String(item.revision)} ${deliveryName(item)}`;
}

function deliveryName({ sourceId, deliveryId }: DeliveryKey): string {
  return `${sourceId} ${deliveryId}`;
}

function auditFact({ id, sourceId, event, deliveryId, traceId }: InboxItem) {
  const detail = { event, deliveryId };
  return { actor: `webhook:${sourceId}`, action: 'webhooks.receive', subject: id, detail, traceId };
}

function feedFact({ id, sourceId, sourceName, event, deliveryId, traceId }: InboxItem) {
  return {
    type: 'webhook.received' as const,
    subjectId: id,
    summary: `${sourceName}: ${event}`,
    data: { event, deliveryId, sourceId },
    traceId,
  };
}
