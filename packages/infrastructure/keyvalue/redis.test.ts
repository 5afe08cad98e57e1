import { randomUUID } from 'node:crypto';
import { silentTelemetry } from '@devmesh/foundation';
import { Redis } from 'ioredis';
import { afterAll, describe, expect, test } from 'vitest';
import { keyvalueContract } from './contract.ts';
import { openRedisKeyValue } from './redis.ts';

const url = process.env['REDIS_URL'] ?? '';
const { log } = silentTelemetry;

describe.skipIf(url === '')('key-values on Redis (skipped without REDIS_URL)', () => {
  const prefix = `test-${randomUUID()}:`;
  const admin = new Redis(url, { lazyConnect: true });
  afterAll(async () => {
    const keys = await admin.keys(`${prefix}*`);
    if (keys.length > 0) await admin.del(...keys);
    admin.disconnect();
  });

  keyvalueContract(() => Promise.resolve(openRedisKeyValue({ url, log, prefix })));

  test('every key carries the prefix and an end', async () => {
    const keyvalue = openRedisKeyValue({ url, log, prefix });
    await keyvalue.set('ends:set', 'value', 60);
    await keyvalue.setIfAbsent('ends:absent', 'value', 60);
    await keyvalue.replace('ends:set', 'value', 'other', 60);
    await keyvalue.increment('ends:counter', 1, 60);
    await keyvalue.takeAll('ends:tenant', [{ key: 'allowance', limit: 5, windowSeconds: 60 }]);
    await keyvalue.enlist('ends:list', 'member', { ttlSeconds: 60, maximum: 5 });
    const keys = await admin.keys(`${prefix}*ends:*`);
    expect(keys).toHaveLength(5);
    for (const key of keys) expect(await admin.pttl(key)).toBeGreaterThan(0);
    await keyvalue.close();
  });
});
