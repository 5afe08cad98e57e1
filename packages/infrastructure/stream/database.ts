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
  trimEntries,
} from './database-statements.ts';
import type { Reader, Stream } from './port.ts';
import { createWaitingRoom } from './waiting-room.ts';

interface DatabaseStreamOptions {
  readonly database: Pick<Database, 'system' | 'ping'>;
  /** Wakes readers that wait in other processes; without its rings they look once a second. */
  readonly bell: Bell;
  readonly log: Logger;
  readonly clock?: Clock;
}

const lookEvery = 1_000;
const trimAtOnce = 5_000;

/**
 * Streams in the database's own tables: as durable and as transactional as everything else there, and nothing more to run.
 * The database and the bell stay open when the stream is closed.
 */
export function openDatabaseStream(options: DatabaseStreamOptions): Stream {
  const { database, bell, clock = systemClock } = options;
  const waitingRoom = createWaitingRoom({ bell, clock, log: options.log });
  const run = <Result>(work: (tx: Tx) => Promise<Result>): Promise<Result> => database.system('stream', work);
  const known = new Set<string>();
  const createGroup = async (topic: string, group: string): Promise<void> => {
    await run((tx) => makeGroup(tx, topic, group));
    known.add(`${topic}\n${group}`);
  };
  const ensureGroup = async ({ topic, group }: Reader): Promise<void> => {
    if (!known.has(`${topic}\n${group}`)) await createGroup(topic, group);
  };
  return {
    createGroup,
    append: async (topic, entries) => {
      if (entries.length === 0) return;
      await run((tx) => appendEntries(tx, topic, entries));
      await waitingRoom.ring(topic);
    },
    read: async (reader, { count, waitMilliseconds, signal }) => {
      await ensureGroup(reader);
      const deadline = clock.now() + waitMilliseconds;
      for (;;) {
        if (signal?.aborted === true) return [];
        const seat = waitingRoom.enter(reader.topic);
        try {
          const deliveries = await run((tx) => readEntries(tx, reader, count));
          const left = deadline - clock.now();
          if (deliveries.length > 0 || left <= 0) return deliveries;
          await seat.wait(Math.min(left, lookEvery), signal);
        } finally {
          seat.leave();
        }
      }
    },
    claim: async (reader, how) => {
      await ensureGroup(reader);
      return run((tx) => claimEntries(tx, reader, how));
    },
    hold: (reader, entryIds) => run((tx) => holdEntries(tx, reader, entryIds)),
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
