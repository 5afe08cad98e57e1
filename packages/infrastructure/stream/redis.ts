import { systemClock, type Clock, type Logger } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';
import { connectRedis, type RedisAddress, type RedisConnection } from '../redis/connect.ts';
import type { Script } from '../redis/script.ts';
import { entryIdOf, placesOf } from './entry-id.ts';
import { formerKey, groupsKey, partitionKey, partitionOf } from './keys.ts';
import type { Delivery, Reader, ReadOptions, Stream, StreamEntry } from './port.ts';
import {
  acknowledgeScript,
  appendScript,
  backlogScript,
  claimScript,
  createGroupScript,
  holdScript,
  readScript,
  releaseScript,
  trimScript,
} from './redis-scripts.ts';
import { createWaitingRoom } from './waiting-room.ts';

interface RedisStreamOptions extends RedisAddress {
  readonly log: Logger;
  /** Wakes readers that wait in other processes; without its rings they look once a second. */
  readonly bell: Bell;
  /** Stands before every key, so that several installations can share one Redis. */
  readonly prefix?: string;
  /**
   * Parts that a topic's tenants are spread over, in a Cluster over its nodes; the same in every process. Reads go round
   * the tenants within a part, and the parts take turns. Default 1.
   */
  readonly partitions?: number;
  /** A consumer that holds nothing and was silent for this long is forgotten by `trim`. Default: a day. */
  readonly forgetConsumersAfterMilliseconds?: number;
  readonly clock?: Clock;
}

type RawDelivery = readonly [tenantId: string, id: string, fields: readonly string[], deliveries: number, nth: number];

// A script holds up the others while it runs; an append of this size takes a few milliseconds.
const appendAtOnce = 500;
const form = /^\S+\/\d{1,19}-\d{1,19}$/u;

/**
 * Streams on Redis Streams: one for each tenant, consumer groups and pending lists are Redis's own. Durable as far as its
 * AOF is. What Redis lost (FLUSHALL, a new volume) it makes again as it is needed. The bell stays open when it is closed.
 */
export function openRedisStream(options: RedisStreamOptions): Stream {
  const { bell, log, clock = systemClock } = options;
  const connection = connectRedis(options, { name: 'stream' });
  const waitingRoom = createWaitingRoom({ bell, clock, log });
  const topics = createTopics(connection, options);
  const silence = options.forgetConsumersAfterMilliseconds ?? 86_400_000;
  const groups = createGroups(topics);
  return {
    append: async (topic, entries) => {
      if (entries.length === 0) return;
      await topics.byTenant(topic, entries, async (run, own) => {
        for (let at = 0; at < own.length; at += appendAtOnce) {
          await run(appendScript, own.slice(at, at + appendAtOnce).flatMap(valuesOf));
        }
      });
      waitingRoom.ring(topic);
    },
    createGroup: (topic, group) => groups.create(topic, group),
    read: async (reader, how) => {
      await groups.ensure(reader);
      return waitingRoom.look(reader.topic, how, () => readNow(topics, reader, how));
    },
    claim: (reader, { count, idleMilliseconds, maximumIdleMilliseconds = idleMilliseconds }) =>
      topics.inTurn({ topic: reader.topic, name: `claim ${reader.group}`, count }, async (run, left) =>
        toDeliveries(
          await run(claimScript, [reader.group, reader.consumer, left, idleMilliseconds, maximumIdleMilliseconds]),
        ),
      ),
    hold: (reader, entryIds) =>
      topics.byTenant(reader.topic, placesOf(entryIds, form), (run, own) =>
        run(holdScript, [reader.group, reader.consumer, ...own.flatMap(({ tenantId, id }) => [tenantId, id])]),
      ),
    release: async (reader, entryIds) => {
      await topics.byTenant(reader.topic, placesOf(entryIds, form), (run, own) =>
        run(releaseScript, [reader.group, reader.consumer, ...own.flatMap(({ tenantId, id }) => [tenantId, id])]),
      );
      waitingRoom.ring(reader.topic);
    },
    acknowledge: (topic, group, entryIds) =>
      topics.byTenant(topic, placesOf(entryIds, form), (run, own) =>
        run(acknowledgeScript, [group, ...own.flatMap(({ tenantId, id }) => [tenantId, id])]),
      ),
    backlog: async (topic, group) => {
      const counts = (await topics.all(topic, (run) => run(backlogScript, [group]))) as (readonly [number, number])[];
      const total = (which: 0 | 1): number => counts.reduce((sum, each) => sum + each[which], 0);
      return { waiting: total(0), held: total(1) };
    },
    // Entries go with their last acknowledgement, so there are none to remove.
    trim: async (topic) => {
      await topics.all(topic, (run) => run(trimScript, [silence]));
      await connection.run((client) => client.unlink(formerKey(options.prefix ?? 'devmesh:', topic)));
      return 0;
    },
    ping: () => connection.ping(),
    close: async () => {
      await waitingRoom.close();
      await connection.close();
    },
  };
}

/** Runs a script in one partition of a topic. */
type Run = (script: Script, values: readonly (string | number)[]) => Promise<unknown>;

interface Topics {
  /** Does the work in every partition. */
  all(topic: string, work: (run: Run) => Promise<unknown>): Promise<readonly unknown[]>;
  /** Does the work for each partition that has some of the items, with those. */
  byTenant<Item extends { readonly tenantId: string }>(
    topic: string,
    items: readonly Item[],
    work: (run: Run, own: readonly Item[]) => Promise<unknown>,
  ): Promise<void>;
  /** Collects up to `count` from one partition after the other, beginning after the one that gave something last. */
  inTurn<Found>(
    line: { readonly topic: string; readonly name: string; readonly count: number },
    work: (run: Run, left: number) => Promise<readonly Found[]>,
  ): Promise<readonly Found[]>;
}

function createTopics(connection: RedisConnection, options: RedisStreamOptions): Topics {
  const { prefix = 'devmesh:', partitions = 1 } = options;
  const numbers = Array.from({ length: partitions }, (_each, number) => number);
  const turns = new Map<string, number>();
  const runIn = (topic: string, partition: number): Run => {
    const base = partitionKey(prefix, topic, partition);
    return (script, values) => connection.run((client) => script(client, [groupsKey(base)], [base, ...values]));
  };
  return {
    all: (topic, work) => Promise.all(numbers.map((number) => work(runIn(topic, number)))),
    byTenant: async (topic, items, work) => {
      const parts = numbers.map((number) => ({
        number,
        own: items.filter(({ tenantId }) => partitionOf(tenantId, partitions) === number),
      }));
      const some = parts.filter(({ own }) => own.length > 0);
      await Promise.all(some.map(({ number, own }) => work(runIn(topic, number), own)));
    },
    inTurn: async ({ topic, name, count }, work) => {
      const turn = turns.get(`${name} ${topic}`) ?? 0;
      const found = [];
      for (const number of [...numbers.slice(turn), ...numbers.slice(0, turn)]) {
        const some = await work(runIn(topic, number), count - found.length);
        found.push(...some);
        if (some.length > 0) turns.set(`${name} ${topic}`, (number + 1) % partitions);
        if (found.length >= count) break;
      }
      return found;
    },
  };
}

interface Groups {
  create(topic: string, group: string): Promise<void>;
  /** Makes the reader's group unless this process did already. */
  ensure(reader: Reader): Promise<void>;
}

/** A group must exist in every part before an entry of any part goes with the acknowledgement of another group. */
function createGroups(topics: Topics): Groups {
  const known = new Set<string>();
  const create: Groups['create'] = async (topic, group) => {
    await topics.all(topic, (run) => run(createGroupScript, [group]));
    known.add(`${topic}\n${group}`);
  };
  return {
    create,
    ensure: async ({ topic, group }) => {
      if (!known.has(`${topic}\n${group}`)) await create(topic, group);
    },
  };
}

function readNow(topics: Topics, reader: Reader, { count, except = [] }: ReadOptions): Promise<readonly Delivery[]> {
  const line = { topic: reader.topic, name: `read ${reader.group}`, count };
  return topics.inTurn(line, async (run, left) => {
    const raw = (await run(readScript, [reader.group, reader.consumer, left, ...except])) as readonly RawDelivery[];
    return toDeliveries(raw.toSorted((one, other) => one[4] - other[4]));
  });
}

function valuesOf({ tenantId, kind, subjectId, traceparent }: StreamEntry): readonly string[] {
  return [tenantId, kind, subjectId, traceparent ?? ''];
}

function toDeliveries(raw: unknown): readonly Delivery[] {
  return (raw as readonly RawDelivery[]).map(([tenantId, id, list, deliveries]) => {
    const fields = new Map<string, string>();
    for (let at = 0; at + 1 < list.length; at += 2) fields.set(String(list[at]), String(list[at + 1]));
    return {
      entryId: entryIdOf({ tenantId, id }),
      tenantId,
      kind: fields.get('kind') ?? '',
      subjectId: fields.get('subject') ?? '',
      deliveries,
      traceparent: fields.get('traceparent'),
    };
  });
}
