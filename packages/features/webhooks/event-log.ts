import { MeshError } from '@devmesh/foundation';
import { actorOf, type Principal } from '../identity/index.ts';
import { encodeCursor, readCursor, uuidPosition, type Page } from '../paging.ts';
import type { Tx } from '@devmesh/infrastructure';
import { ring, type InboxOptions } from './inbox.ts';
import type { PageRequest } from './list.ts';
import { resolveLettersOf } from './store-dead-letters.ts';
import {
  searchEvents,
  selectEvents,
  selectWholeEvent,
  type EventFilter,
  type EventRow,
  type WholeEvent,
} from './store-events.ts';
import { putBack } from './store-processing.ts';

/** A page of a search, with how far it looked. */
interface EventPage extends Page<EventRow> {
  readonly looked: number;
}

/** What sources sent. */
export interface EventLog {
  /** Newest first. Looks at a bounded number of events; with `nextCursor` there are older ones that it did not look at. */
  listEvents(principal: Principal, request: PageRequest & EventFilter): Promise<EventPage>;
  /** Throws `not_found`. */
  getEvent(principal: Principal, eventId: string): Promise<WholeEvent>;
  /**
   * Has an event processed again by the present rules; `commit` runs in the same transaction. Throws `not_found`, or
   * `invalid_state` while it still waits to be processed.
   */
  replay(
    principal: Principal,
    eventId: string,
    commit: (tx: Tx, event: WholeEvent) => Promise<void>,
  ): Promise<WholeEvent>;
}

/** Payloads are large, so fewer are searched for a text. */
const mostLooked = 10_000;
const mostSearched = 1_000;

type EventLogOptions = Pick<InboxOptions, 'database' | 'audit' | 'stream' | 'telemetry'>;

/** Builds the log of received webhooks. */
export function createEventLog(options: EventLogOptions): EventLog {
  const { database } = options;
  return {
    listEvents: (principal, request) => listEvents(options, principal, request),
    getEvent: (principal, eventId) => database.tenant(principal.tenantId, (tx) => readEvent(tx, eventId)),
    replay: (principal, eventId, commit) => replay(options, { principal, eventId, commit }),
  };
}

/** The event, or `not_found`. */
export async function readEvent(tx: Tx, eventId: string): Promise<WholeEvent> {
  const row = await selectWholeEvent(tx, eventId);
  if (row === undefined) throw new MeshError('not_found', `There is no webhook event ${eventId}.`);
  return row;
}

async function listEvents(
  { database }: EventLogOptions,
  principal: Principal,
  { cursor, limit, ...filter }: PageRequest & EventFilter,
): Promise<EventPage> {
  const after = readCursor(cursor, uuidPosition);
  const scan = scanFor(filter, limit);
  return database.tenant(principal.tenantId, async (tx) => {
    const { ids, last, looked } = await searchEvents(tx, { filter, after, limit, scan });
    const items = [...(await selectEvents(tx, ids.slice(0, limit)))];
    // A full page ends at its last event; one that is not full, at the last event that was looked at.
    const full = ids.length > limit;
    const position = full ? items.at(-1)?.id : looked < scan ? undefined : last;
    const next = position === undefined || position === null ? {} : { nextCursor: encodeCursor(position) };
    return { items, looked, ...next };
  });
}

/** Without a filter that may pass over events, a page needs no more of them than it shows, and one to tell that there are more. */
function scanFor({ sourceId, event, deliveryId, text }: EventFilter, limit: number): number {
  if (text !== undefined) return mostSearched;
  const picky = [sourceId, event, deliveryId].some((wanted) => wanted !== undefined);
  return picky ? mostLooked : limit + 1;
}

interface Replaying {
  readonly principal: Principal;
  readonly eventId: string;
  readonly commit: (tx: Tx, event: WholeEvent) => Promise<void>;
}

async function replay(options: EventLogOptions, { principal, eventId, commit }: Replaying): Promise<WholeEvent> {
  const { tenantId } = principal;
  const event = await options.database.tenant(tenantId, async (tx) => {
    const before = await readEvent(tx, eventId);
    const [again] = await putBack(tx, [eventId]);
    if (again === undefined) {
      throw new MeshError(
        'invalid_state',
        `The event ${eventId} is ${before.status} and waits to be processed already.`,
      );
    }
    await resolveLettersOf(tx, [eventId], 'replayed');
    const detail = { event: before.event, run: again.run };
    const line = { actor: actorOf(principal), action: 'webhooks.replayEvent', subject: eventId, detail };
    await options.audit.record(tx, line);
    const row = await readEvent(tx, eventId);
    await commit(tx, row);
    return row;
  });
  await ring(options, tenantId, [event]);
  return event;
}
