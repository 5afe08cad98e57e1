import { setTimeout } from 'node:timers/promises';
import type { EventType, MeshEvent } from '@devmesh/api';
import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Database, Journal, Tx } from '@devmesh/infrastructure';
import { cutPage, readCursor, type Page } from '../paging.ts';
import {
  eventChannel,
  insertEvent,
  insertEvents,
  selectAfter,
  selectHead,
  selectRecent,
  type EventRow,
  type Position,
} from './store.ts';
import { createSharedReads, type SharedReads } from './shared-reads.ts';
import { createWaiters, type Waiters } from './waiters.ts';

interface EventsOptions {
  readonly database: Database;
  /** Holds events that were told of and are about to be committed. */
  readonly journal?: Journal | undefined;
  readonly telemetry: Telemetry;
}

/** Something that happened, as features report it. */
interface EventFact {
  readonly type: EventType;
  readonly subjectId: string;
  /** The agent that should act on it. */
  readonly agentId?: string | undefined;
  /** One line for people. */
  readonly summary: string;
  readonly data?: Record<string, unknown>;
}

interface Follow {
  /** A cursor. */
  readonly after: string;
  /** Leaves out what is meant for other agents. */
  readonly agentId?: string | undefined;
  /** Types that are left out. */
  readonly without?: readonly EventType[] | undefined;
  /** Called with the cursor up to which nothing is to come any more, where what was left out has moved it. */
  readonly onPassed?: ((cursor: string) => void) | undefined;
  readonly signal: AbortSignal;
}

interface Listing {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly agentId?: string | undefined;
}

/** The feed of what happens in an organization: durable, ordered by commit, resumable. */
export interface Events {
  /** Appends to the feed in the transaction of what happened: both commit or neither. */
  publish(tx: Tx, fact: EventFact): Promise<void>;
  /** Appends many in their order, each under its own trace, in one statement and with one ring. */
  publishMany(tx: Tx, facts: readonly (EventFact & { readonly traceId: string | undefined })[]): Promise<void>;
  /** Yields what was committed after the cursor, then what comes, until the signal aborts. Never skips. */
  follow(tenantId: string, options: Follow): AsyncGenerator<MeshEvent, void, undefined>;
  /** A cursor before everything that commits from now on; what committed a moment ago may come after it as well. */
  head(tenantId: string): Promise<string>;
  /** Newest first, with the head of the feed at that moment. */
  list(tenantId: string, options: Listing): Promise<Page<MeshEvent> & { readonly head: string }>;
  /** The position after which everything is new. */
  position(tx: Tx): Promise<Position>;
  /** Up to `limit` events after a position, oldest first; nothing can commit before them any more. */
  readAfter(tx: Tx, after: Position, limit: number): Promise<readonly PlacedEvent[]>;
  /** Calls `onRing` with the tenant of what was committed until the returned function is called. Rings can be lost, and come too early. */
  watch(onRing: (tenantId: string) => void): Promise<() => void>;
  close(): Promise<void>;
}

/** An event with its place in the feed. */
interface PlacedEvent {
  readonly position: Position;
  readonly event: MeshEvent;
}

/** A ring can come before its event may be read: an older transaction, even of another database, is still open. */
const lookAgainFirst = 50;
/** Between two reads that found something: what comes in the meantime is read at once. */
const restMilliseconds = 20;
/** Rings can be lost (a reconnect); looking again this often makes up for it. */
const lookAgainLongest = 5_000;
const cursorPattern = /^\d{1,20}-\d{1,19}$/u;

/** Builds the feed. The ring is listened to from the first follower on. */
export function createEvents({ database, journal, telemetry }: EventsOptions): Events {
  const waiters = createWaiters();
  const readers = createSharedReads(database);
  const watchers = new Set<(tenantId: string) => void>();
  let listening: Promise<() => Promise<void>> | undefined;
  const listen = (): Promise<() => Promise<void>> =>
    (listening ??= database.listen(eventChannel, (payload) => {
      const [tenantId = '', types] = payload.split(' ');
      readers.renew(tenantId);
      waiters.wake(tenantId, types?.split(','));
      for (const onRing of watchers) onRing(tenantId);
    }));
  return {
    publish: (tx, fact) => insertEvent(tx, newEvent(fact, telemetry.tracer.traceId())),
    publishMany: (tx, facts) =>
      insertEvents(
        tx,
        facts.map(({ traceId, ...fact }) => newEvent(fact, traceId)),
      ),
    follow: async function* (tenantId, options) {
      await listen();
      yield* follow({ readers, waiters, tenantId, options });
    },
    head: async (tenantId) => cursorOf(await database.tenant(tenantId, selectHead)),
    list: async (tenantId, { cursor, limit, agentId }) => {
      const before = readCursor(cursor, cursorPattern);
      await journal?.done(tenantId);
      return database.tenant(tenantId, async (tx) => {
        const head = cursorOf(await selectHead(tx));
        const position = before === undefined ? undefined : parsePosition(before);
        const rows = await selectRecent(tx, { before: position, agentId, limit });
        return { ...cutPage(rows, limit, cursorOf, present), head };
      });
    },
    position: selectHead,
    readAfter: async (tx, after, limit) => {
      const rows = await selectAfter(tx, { after, limit });
      return rows.map((row) => ({ position: { xid: row.xid, seq: row.seq }, event: present(row) }));
    },
    watch: async (onRing) => {
      await listen();
      watchers.add(onRing);
      return () => watchers.delete(onRing);
    },
    close: async () => {
      await (
        await listening
      )?.();
    },
  };
}

function newEvent({ type, subjectId, agentId, summary, data }: EventFact, traceId: string | undefined) {
  return { type, subjectId, agentId: agentId ?? null, summary, data: data ?? {}, traceId: traceId ?? null };
}

interface Following {
  readonly readers: SharedReads;
  readonly waiters: Waiters;
  readonly tenantId: string;
  readonly options: Follow;
}

async function* follow({ readers, waiters, tenantId, options }: Following): AsyncGenerator<MeshEvent, void, undefined> {
  const { signal, agentId, without = [], onPassed } = options;
  const unwanted = new Set<string>(without);
  let after = parsePosition(options.after);
  let milliseconds = lookAgainFirst;
  while (!signal.aborted) {
    const from = after;
    // Waiting begins before reading, so that a ring between the two is not lost.
    const waiting = waiters.wait(tenantId, { milliseconds, signal, without: unwanted });
    try {
      const { rows, upTo } = await readers.read(tenantId, from, without);
      for (const row of rows) {
        after = row;
        yield* shownTo(agentId, row);
      }
      if (upTo !== undefined && isBehind(after, upTo)) {
        after = upTo;
        onPassed?.(cursorOf(upTo));
      }
      const fresh = rows.length > 0 ? await pause(restMilliseconds, signal) : await waiting.over;
      milliseconds = fresh ? lookAgainFirst : Math.min(lookAgainLongest, milliseconds * 2);
    } finally {
      waiting.cancel();
    }
  }
}

function isBehind(one: Position, other: Position): boolean {
  const [xid, otherXid] = [BigInt(one.xid), BigInt(other.xid)];
  return xid < otherXid || (xid === otherXid && BigInt(one.seq) < BigInt(other.seq));
}

/** The event, unless it is meant for another agent. */
function shownTo(agentId: string | undefined, row: EventRow): readonly MeshEvent[] {
  return row.agentId === null || agentId === undefined || row.agentId === agentId ? [present(row)] : [];
}

/** Resolves after so long, or when nobody follows any more; always true. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<true> {
  await setTimeout(milliseconds, undefined, { signal, ref: false }).catch(() => undefined);
  return true;
}

function parsePosition(cursor: string): Position {
  const [xid, seq] = cursor.split('-');
  if (!cursorPattern.test(cursor) || xid === undefined || seq === undefined) {
    throw new MeshError('invalid_request', 'The cursor is not one that the event feed gave.');
  }
  return { xid, seq };
}

function cursorOf(position: Position): string {
  return `${position.xid}-${position.seq}`;
}

function present(row: EventRow): MeshEvent {
  return {
    cursor: cursorOf(row),
    type: row.type,
    subjectId: row.subjectId,
    summary: row.summary,
    data: row.data,
    at: row.at.toISOString(),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.traceId === null ? {} : { traceId: row.traceId }),
  };
}
