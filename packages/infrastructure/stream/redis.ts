import type { Logger } from '@devmesh/foundation';
import type { RedisClient } from '../redis/connect.ts';
import { connectRedis, isReply, type RedisConnection } from '../redis/connect.ts';
import type { Delivery, Reader, Stream, StreamEntry } from './port.ts';
import { createBlockingConnections } from './redis-blocking.ts';
import { backlogScript, claimScript, holdScript, trimScript } from './redis-scripts.ts';

interface RedisStreamOptions {
  readonly url: string;
  readonly log: Logger;
  /** Stands before every key, so that several installations can share one Redis. */
  readonly prefix?: string;
  /** A consumer that holds nothing and was silent for this long is forgotten by `trim`. Default: a day. */
  readonly forgetConsumersAfterMilliseconds?: number;
}

type RawEntry = readonly [id: string, fields: readonly string[] | null, deliveries?: number];

/** Streams on Redis Streams: consumer groups are Redis's own. Durable as far as its AOF is. */
export function openRedisStream(options: RedisStreamOptions): Stream {
  const connection = connectRedis(options, { name: 'stream' });
  const silence = options.forgetConsumersAfterMilliseconds ?? 86_400_000;
  const blocking = createBlockingConnections(options, connection);
  const keyOf = (topic: string): string => `${options.prefix ?? 'devmesh:'}stream:${topic}`;
  const createGroup = (topic: string, group: string): Promise<void> => makeGroup(connection, keyOf(topic), group);
  // A group vanishes with its stream (FLUSHALL, a lost volume): it is made again and the command repeated once.
  const withGroup = async <Result>(reader: Reader, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!isReply(error) || !/^(NOGROUP|UNBLOCKED)/u.test(error.message)) throw error;
      await createGroup(reader.topic, reader.group);
      return work();
    }
  };
  return {
    createGroup,
    append: async (topic, entries) => {
      if (entries.length > 0) await connection.run((client) => append(client, keyOf(topic), entries));
    },
    read: (reader, how) =>
      withGroup(reader, async () => toDeliveries(await blocking.read(keyOf(reader.topic), reader, how))),
    claim: (reader, how) =>
      withGroup(reader, async () => {
        const longest = how.maximumIdleMilliseconds ?? how.idleMilliseconds;
        const values = [reader.group, reader.consumer, how.count, how.idleMilliseconds, longest];
        return toDeliveries(await connection.run((client) => claimScript(client, [keyOf(reader.topic)], values)));
      }),
    hold: async (reader, entryIds) => {
      const values = [reader.group, reader.consumer, ...entryIds.filter(isEntryId)];
      await withGroup(reader, () => connection.run((client) => holdScript(client, [keyOf(reader.topic)], values)));
    },
    acknowledge: async (topic, group, entryIds) => {
      const ids = entryIds.filter(isEntryId);
      if (ids.length > 0) await connection.run((client) => client.xack(keyOf(topic), group, ...ids));
    },
    backlog: async (topic, group) => {
      const counts = await connection.run((client) => backlogScript(client, [keyOf(topic)], [group]));
      const [waiting, held] = counts as [number, number];
      return { waiting, held };
    },
    trim: async (topic) => Number(await connection.run((client) => trimScript(client, [keyOf(topic)], [silence]))),
    ping: () => connection.ping(),
    close: async () => {
      await blocking.close();
      await connection.close();
    },
  };
}

/** Redis refuses a whole command for one id that is none of its own. */
function isEntryId(id: string): boolean {
  return /^\d{1,19}-\d{1,19}$/u.test(id);
}

async function makeGroup(connection: RedisConnection, key: string, group: string): Promise<void> {
  try {
    await connection.run((client) => client.xgroup('CREATE', key, group, '0', 'MKSTREAM'));
  } catch (error) {
    if (!isReply(error) || !error.message.startsWith('BUSYGROUP')) throw error;
  }
}

/** One transaction in one round trip: all entries or none, next to each other. */
async function append(client: RedisClient, key: string, entries: readonly StreamEntry[]): Promise<void> {
  const batch = client.multi();
  for (const entry of entries) batch.xadd(key, '*', ...fieldsOf(entry));
  const answers = await batch.exec();
  if (answers === null) throw new Error('Redis discarded the transaction of an append.');
  for (const [error] of answers) if (error !== null) throw error;
}

function fieldsOf(entry: StreamEntry): string[] {
  const fields = ['tenant', entry.tenantId, 'kind', entry.kind, 'subject', entry.subjectId];
  return entry.traceparent === undefined ? fields : [...fields, 'traceparent', entry.traceparent];
}

function toDeliveries(raw: unknown): readonly Delivery[] {
  return (raw as readonly RawEntry[]).flatMap(([entryId, list, deliveries]) => {
    if (list === null) return [];
    const fields = new Map<string, string>();
    for (let at = 0; at + 1 < list.length; at += 2) fields.set(String(list[at]), String(list[at + 1]));
    return {
      entryId,
      tenantId: fields.get('tenant') ?? '',
      kind: fields.get('kind') ?? '',
      subjectId: fields.get('subject') ?? '',
      deliveries: deliveries ?? 1,
      traceparent: fields.get('traceparent'),
    };
  });
}
