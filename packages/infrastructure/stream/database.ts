import { systemClock, type Clock, type Logger } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';
import type { Database, Tx } from '../database/port.ts';
import {
  acknowledgeEntries,
  appendEntries,
  claimEntries,
  countBacklog,
  holdEntries,
  makeGroup,
  readEntries,
  releaseEntries,
  trimEntries,
} from './database-statements.ts';
import type { Delivery, Reader, Stream } from './port.ts';
import { createWaitingRoom } from './waiting-room.ts';

interface DatabaseStreamOptions {
  readonly database: Pick<Database, 'system' | 'ping'>;
  /** Wakes readers that wait in other processes; without its rings they look once a second. */
  readonly bell: Bell;
  readonly log: Logger;
  readonly clock?: Clock;
}

const trimAtOnce = 5_000;
const beforeAllTenants = '00000000-0000-0000-0000-000000000000';

/**
 * Streams in the database's own tables: as durable and as transactional as everything else there, and nothing more to run.
 * The database and the bell stay open when the stream is closed.
 */
export function openDatabaseStream(options: DatabaseStreamOptions): Stream {
  const { database, bell, clock = systemClock } = options;
  const waitingRoom = createWaitingRoom({ bell, clock, log: options.log });
  const run = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => database.system('stream', work);
  // By group: each process goes round the tenants by itself, so together they are as fair as each of them.
  const lastServed = new Map<string, string>();
  const createGroup = async (topic: string, group: string): Promise<void> => {
    await run((tx) => makeGroup(tx, topic, group));
    const name = nameOf({ topic, group });
    if (!lastServed.has(name)) lastServed.set(name, beforeAllTenants);
  };
  const readNow = async (
    reader: Reader,
    { count, except = [] }: { readonly count: number; readonly except?: readonly string[] },
  ): Promise<readonly Delivery[]> => {
    const name = nameOf(reader);
    if (!lastServed.has(name)) await createGroup(reader.topic, reader.group);
    const after = lastServed.get(name) ?? beforeAllTenants;
    const deliveries = await run((tx) => readEntries(tx, reader, { count, except, after }));
    const last = deliveries.at(-1);
    if (last !== undefined) lastServed.set(name, last.tenantId);
    return deliveries;
  };
  return {
    createGroup,
    append: async (topic, entries) => {
      if (entries.length === 0) return;
      await run((tx) => appendEntries(tx, topic, entries));
      waitingRoom.ring(topic);
    },
    read: (reader, how) => waitingRoom.look(reader.topic, how, () => readNow(reader, how)),
    claim: (reader, how) => run((tx) => claimEntries(tx, reader, how)),
    hold: (reader, entryIds) => run((tx) => holdEntries(tx, reader, entryIds)),
    release: async (reader, entryIds) => {
      await run((tx) => releaseEntries(tx, reader, entryIds));
      waitingRoom.ring(reader.topic);
    },
    acknowledge: (topic, group, entryIds) => run((tx) => acknowledgeEntries(tx, { topic, group }, entryIds)),
    backlog: (topic, group) => run((tx) => countBacklog(tx, topic, group)),
    trim: async (topic) => {
      let total = 0;
      for (;;) {
        const removed = await run((tx) => trimEntries(tx, topic, trimAtOnce));
        total += removed;
        if (removed < trimAtOnce) return total;
      }
    },
    ping: () => database.ping(),
    close: () => waitingRoom.close(),
  };
}

function nameOf({ topic, group }: Pick<Reader, 'topic' | 'group'>): string {
  return `${topic}\n${group}`;
}
