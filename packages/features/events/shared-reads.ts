import type { EventType } from '@devmesh/api';
import type { Database, Tx } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import { selectAfter, selectWantedAfter, type EventRow, type Position } from './store.ts';

/** What was read. */
interface ReadEvents {
  readonly rows: readonly EventRow[];
  /** Where types are left out: everything up to here was looked at. */
  readonly upTo?: Position | undefined;
}

/** Reads of the feed that followers at the same place share, so that an event costs one read however many hear of it. */
export interface SharedReads {
  /** The next events after a position, oldest first; at most a hundred. Some types can be left out. */
  read(tenantId: string, after: Position, without: readonly EventType[]): Promise<ReadEvents>;
  /** A read that is on its way may not have seen what just committed: who asks from now on reads anew. */
  renew(tenantId: string): void;
}

const batchSize = 100;
/** Who is a little behind is given what those before it were given: events do not change, and none comes in between. */
const keptMilliseconds = 1_000;

/** Creates it. */
export function createSharedReads(database: Database): SharedReads {
  const underway = new Map<string, Map<string, Promise<ReadEvents>>>();
  const known = new LRUCache<string, ReadEvents>({ max: 1_000, ttl: keptMilliseconds });

  const start = async (tenantId: string, asked: Asked, key: string): Promise<ReadEvents> => {
    const read = await database.tenant(tenantId, (tx) => select(tx, asked));
    if (read.rows.length > 0) known.set(key, read);
    return read;
  };

  return {
    read: async (tenantId, after, without) => {
      const place = `${after.xid}-${after.seq} ${without.join(',')}`;
      const key = `${tenantId} ${place}`;
      const kept = known.get(key);
      if (kept !== undefined) return kept;
      const reads = underway.get(tenantId) ?? new Map<string, Promise<ReadEvents>>();
      underway.set(tenantId, reads);
      const reading = reads.get(place) ?? start(tenantId, { after, without }, key);
      reads.set(place, reading);
      try {
        return await reading;
      } finally {
        if (reads.get(place) === reading) reads.delete(place);
        if (reads.size === 0 && underway.get(tenantId) === reads) underway.delete(tenantId);
      }
    },
    renew: (tenantId) => {
      underway.delete(tenantId);
    },
  };
}

interface Asked {
  readonly after: Position;
  readonly without: readonly EventType[];
}

async function select(tx: Tx, { after, without }: Asked): Promise<ReadEvents> {
  if (without.length > 0) return selectWantedAfter(tx, { after, limit: batchSize, without });
  return { rows: await selectAfter(tx, { after, limit: batchSize }) };
}
