import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bell } from '../bell/port.ts';
import { openRedisBell } from '../bell/redis.ts';
import { apartContract } from './contract-apart.ts';
import { streamContract } from './contract.ts';
import type { Stream } from './port.ts';
import { openRedisStream } from './redis.ts';

const url = process.env['REDIS_URL'] ?? '';
const { log } = silentTelemetry;

describe.skipIf(url === '')('a stream on Redis (skipped without REDIS_URL)', () => {
  const prefix = `test-${randomUUID()}:`;
  const admin = new Redis(url, { lazyConnect: true });
  let bell: Bell;
  beforeAll(() => {
    bell = openRedisBell({ url, log, prefix });
  });
  const open = (more: Partial<Parameters<typeof openRedisStream>[0]> = {}): Stream =>
    openRedisStream({ url, log, prefix, bell, ...more });
  const keys = async (of: string): Promise<readonly string[]> =>
    (await admin.keys(`${prefix}stream:{${of}:*`)).map((key) => key.slice(key.lastIndexOf('}:') + 2)).toSorted();
  afterAll(async () => {
    const left = await admin.keys(`${prefix}*`);
    if (left.length > 0) await admin.del(...left);
    admin.disconnect();
    await bell.close();
  });

  describe('in one part', () => {
    streamContract(() => Promise.resolve(open()));
  });

  describe('in three parts', () => {
    streamContract(() => Promise.resolve(open({ prefix: `${prefix}parts:`, partitions: 3 })), { oneRound: false });
  });

  test('everything that was lost is made again as it is needed, under a waiting reader too', async () => {
    const stream = open();
    const reader = { topic: 'vanishing', group: 'group', consumer: 'consumer' };
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    const lose = async (): Promise<void> => {
      const keysOf = () => admin.keys(`${prefix}stream:{vanishing:*`);
      await expect.poll(keysOf).not.toEqual([]);
      await admin.del(...(await keysOf()));
    };
    await stream.append(reader.topic, [entry, entry, entry]);
    const [held, unbegun] = await stream.read(reader, { count: 2, waitMilliseconds: 0 });
    await lose();
    expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 0, held: 0 });
    await stream.hold(reader, [held!.entryId]);
    await stream.release(reader, [unbegun!.entryId]);
    await stream.acknowledge(reader.topic, reader.group, [held!.entryId]);
    await stream.trim(reader.topic);
    expect(await stream.claim(reader, { count: 10, idleMilliseconds: 0 })).toEqual([]);
    const waiting = stream.read(reader, { count: 10, waitMilliseconds: 20_000 });
    await lose();
    await stream.append(reader.topic, [entry]);
    expect(await waiting).toMatchObject([{ subjectId: 'a', deliveries: 1 }]);
    // What another life of the stream handed out says nothing about the entries of this one.
    await stream.acknowledge(reader.topic, reader.group, [held!.entryId, unbegun!.entryId]);
    expect(await stream.backlog(reader.topic, reader.group)).toEqual({ waiting: 0, held: 1 });
    await stream.close();
  });

  test('keeps no key of a tenant that has nothing left', async () => {
    const stream = open();
    const reader = { topic: 'empty', group: 'group', consumer: 'consumer' };
    const slow = { ...reader, group: 'slow' };
    const entries = Array.from({ length: 50 }, (_each, at) => ({
      tenantId: `tenant-${String(at % 20)}`,
      kind: 'test',
      subjectId: String(at),
    }));
    for (const { topic, group } of [reader, slow]) await stream.createGroup(topic, group);
    await stream.append(reader.topic, entries);
    for (const each of [reader, slow]) {
      const read = await stream.read(each, { count: 50, waitMilliseconds: 0 });
      await stream.release(
        each,
        read.slice(10).map(({ entryId }) => entryId),
      );
      expect(await stream.claim(each, { count: 50, idleMilliseconds: 0 })).toHaveLength(10);
      await stream.read(each, { count: 50, waitMilliseconds: 0 });
      expect(await keys('empty')).toContain('entries:tenant-0');
      await stream.acknowledge(
        each.topic,
        each.group,
        read.map(({ entryId }) => entryId),
      );
    }
    expect(await keys('empty')).toEqual(['counts', 'groups']);
    await stream.close();
  });

  test('keeps all keys of a part in one slot of a Cluster, whatever the topic is called', async () => {
    const stream = open({ partitions: 2 });
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    for (const topic of ['plain', 'with {braces} and 100%']) {
      await stream.append(topic, [entry]);
      await stream.read({ topic, group: 'group', consumer: 'consumer' }, { count: 1, waitMilliseconds: 0 });
    }
    const all = await admin.keys(`${prefix}stream:*`);
    const tagged = all.filter((key) => /plain|braces/u.test(key));
    const tags = tagged.map((key) => /\{(.*?)\}/u.exec(key)?.[1]);
    expect(new Set(tags).size).toBe(new Set(tags.map((tag) => tag?.replace(/^.*(?=:)/u, ''))).size * 2);
    expect(tagged.length).toBeGreaterThan(6);
    await stream.close();
  });

  apartContract(open, async (hours) => {
    for (const key of await admin.keys(`${prefix}stream:{apart:0}:held:*`)) {
      for (const member of await admin.zrange(key, '0', '-1')) await admin.zincrby(key, -hours * 3_600_000, member);
    }
  });

  test('removes the single stream that earlier versions kept for a topic', async () => {
    const stream = open();
    await admin.xadd(`${prefix}stream:former`, '*', 'tenant', 'a');
    await stream.trim('former');
    expect(await admin.exists(`${prefix}stream:former`)).toBe(0);
    await stream.close();
  });

  test('trim forgets consumers that hold nothing and were silent for too long, and no others', async () => {
    const patient = open();
    const hasty = open({ forgetConsumersAfterMilliseconds: 0 });
    const reader = { topic: 'silent', group: 'group', consumer: 'holds' };
    const entry = { tenantId: 'tenant', kind: 'test', subjectId: 'a' };
    const names = async (): Promise<unknown> => {
      const key = `${prefix}stream:{silent:0}:entries:tenant`;
      const consumers = (await admin.xinfo('CONSUMERS', key, 'group')) as unknown[][];
      return consumers.map((about) => String(about[1])).toSorted();
    };
    await patient.append(reader.topic, [entry, entry]);
    await patient.read(reader, { count: 1, waitMilliseconds: 0 });
    const [done] = await patient.read({ ...reader, consumer: 'idles' }, { count: 1, waitMilliseconds: 0 });
    await patient.acknowledge(reader.topic, reader.group, [done!.entryId]);
    await patient.trim(reader.topic);
    expect(await names()).toEqual(['holds', 'idles']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await hasty.trim(reader.topic);
    expect(await names()).toEqual(['holds']);
    await Promise.all([patient.close(), hasty.close()]);
  });
});
