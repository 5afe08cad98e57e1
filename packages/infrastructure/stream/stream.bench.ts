import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { openTestDatabase } from '@devmesh/testkit';
import { Redis } from 'ioredis';
import { openDatabaseBell } from '../bell/database.ts';
import { openRedisBell } from '../bell/redis.ts';
import { createConsumer } from './consumer.ts';
import { openDatabaseStream } from './database.ts';
import type { Stream, StreamEntry } from './port.ts';
import { openRedisStream } from './redis.ts';

type Figures = Record<string, number>;

const { log } = silentTelemetry;
const tenants = Array.from({ length: 20 }, () => randomUUID());

/**
 * How many entries a second each adapter appends (one by one from 16 callers, and in hundreds), hands out and takes
 * acknowledgements for in batches of 50, and moves through a consumer whose handler does nothing. The databases: the
 * embedded one, or PostgreSQL where DATABASE_URL is set; Redis where REDIS_URL is set.
 */
export async function run(): Promise<Figures> {
  const figures: Figures = {};
  const database = await openTestDatabase();
  const bell = openDatabaseBell({ database, log });
  const engine = (process.env['DATABASE_URL'] ?? '') === '' ? 'embedded' : 'postgres';
  const stream = openDatabaseStream({ database, bell, log });
  await measure(stream, engine, figures);
  await stream.close();
  await bell.close();
  await database.close();
  const url = process.env['REDIS_URL'] ?? '';
  if (url !== '') await measureRedis(url, figures);
  return figures;
}

async function measureRedis(url: string, figures: Figures): Promise<void> {
  const prefix = `bench-${randomUUID()}:`;
  const bell = openRedisBell({ url, log, prefix });
  const stream = openRedisStream({ url, log, prefix, bell });
  await measure(stream, 'redis', figures);
  await stream.close();
  await bell.close();
  const admin = new Redis(url);
  const keys = await admin.keys(`${prefix}*`);
  if (keys.length > 0) await admin.unlink(...keys);
  admin.disconnect();
}

async function measure(stream: Stream, engine: string, figures: Figures): Promise<void> {
  const topic = 'bench';
  const reader = { topic, group: 'group', consumer: 'consumer' };
  await stream.createGroup(topic, reader.group);
  const single = 1_000;
  const bulk = 10_000;
  figures[`${engine}: appends one by one/s`] = await rate(single, async () => {
    let left = single;
    const caller = async (): Promise<void> => {
      while (left-- > 0) await stream.append(topic, entriesOf(1));
    };
    await Promise.all(Array.from({ length: 16 }, caller));
  });
  figures[`${engine}: appends in hundreds/s`] = await rate(bulk, async () => {
    for (let at = 0; at < bulk; at += 100) await stream.append(topic, entriesOf(100));
  });
  figures[`${engine}: reads and acknowledgements of 50/s`] = await rate(single + bulk, async () => {
    for (;;) {
      const batch = await stream.read(reader, { count: 50, waitMilliseconds: 0 });
      if (batch.length === 0) return;
      await stream.acknowledge(
        topic,
        reader.group,
        batch.map(({ entryId }) => entryId),
      );
    }
  });
  for (const concurrency of [5, 20]) {
    figures[`${engine}: consumer with ${String(concurrency)} hands/s`] = await consume(stream, concurrency);
  }
}

async function consume(stream: Stream, concurrency: number): Promise<number> {
  const entries = 3_000;
  const reader = { topic: `bench-${String(concurrency)}`, group: 'group', consumer: 'consumer' };
  await stream.createGroup(reader.topic, reader.group);
  await stream.append(reader.topic, entriesOf(entries));
  let handled = 0;
  let finish: (() => void) | undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const consumer = createConsumer({
    stream,
    reader,
    concurrency,
    telemetry: silentTelemetry,
    handler: () => {
      if (++handled === entries) finish?.();
      return Promise.resolve();
    },
    onPoison: () => Promise.reject(new Error('nothing fails here')),
  });
  return rate(entries, async () => {
    await consumer.start();
    await finished;
    await consumer.stop();
  });
}

let serial = 0;

function entriesOf(size: number): readonly StreamEntry[] {
  return Array.from({ length: size }, () => {
    serial += 1;
    return { tenantId: tenants[serial % tenants.length] ?? '', kind: 'bench', subjectId: String(serial) };
  });
}

async function rate(items: number, work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round((items / (performance.now() - start)) * 1_000);
}
