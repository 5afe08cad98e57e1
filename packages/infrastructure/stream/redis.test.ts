import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { streamContract } from './contract.ts';
import { openRedisStream } from './redis.ts';

const url = process.env['REDIS_URL'] ?? '';
const { log } = silentTelemetry;

describe.skipIf(url === '')('a stream on Redis (skipped without REDIS_URL)', () => {
  const prefix = `test-${randomUUID()}:`;
  const admin = new Redis(url, { lazyConnect: true });
  afterAll(async () => {
    const keys = await admin.keys(`${prefix}*`);
    if (keys.length > 0) await admin.del(...keys);
    admin.disconnect();
  });

  streamContract(() => Promise.resolve(openRedisStream({ url, log, prefix })));

  test('a group that vanished with its stream is made again, under a waiting reader too', async () => {
    const stream = openRedisStream({ url, log, prefix });
    const reader = { topic: 'vanishing', group: 'group', consumer: 'consumer' };
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    await stream.createGroup(reader.topic, reader.group);
    const waiting = stream.read(reader, { count: 10, waitMilliseconds: 20_000 });
    await admin.del(`${prefix}stream:vanishing`);
    await stream.append(reader.topic, [entry]);
    expect(await waiting).toMatchObject([{ subjectId: 'a' }]);
    await admin.del(`${prefix}stream:vanishing`);
    expect(await stream.claim(reader, { count: 10, idleMilliseconds: 0 })).toEqual([]);
    await stream.close();
  });

  test('trim forgets consumers that hold nothing and were silent for too long, and no others', async () => {
    const patient = openRedisStream({ url, log, prefix });
    const hasty = openRedisStream({ url, log, prefix, forgetConsumersAfterMilliseconds: 0 });
    const reader = { topic: 'silent', group: 'group', consumer: 'holds' };
    const names = async (): Promise<unknown> => {
      const consumers = (await admin.xinfo('CONSUMERS', `${prefix}stream:silent`, 'group')) as unknown[][];
      return consumers.map((about) => String(about[1])).toSorted();
    };
    const entry = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
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
