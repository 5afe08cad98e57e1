import { createServer } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedisBell } from '../bell/redis.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { openRedisStream } from '../stream/redis.ts';
import { connectRedis } from './connect.ts';
import { close, listen, openNetwork, type Network } from './network.fixture.ts';

const redisUrl = process.env['REDIS_URL'] ?? '';
const { log } = silentTelemetry;

test('without a server every operation answers `unavailable` instead of waiting', async () => {
  const server = createServer();
  const port = await listen(server, 0);
  await close(server);
  const url = `redis://127.0.0.1:${String(port)}`;
  const keyvalue = openRedisKeyValue({ url, log });
  const bell = openRedisBell({ url, log });
  const stream = openRedisStream({ url, log, bell });
  const reader = { topic: 'topic', group: 'group', consumer: 'consumer' };
  const entry = { tenantId: '00000000-0000-0000-0000-000000000001', kind: 'test', subjectId: 'a' };
  const answers = await Promise.allSettled([
    keyvalue.get('key'),
    keyvalue.takeAll('tenant', [{ key: 'key', limit: 1, windowSeconds: 1 }]),
    stream.append('topic', [entry]),
    stream.read(reader, { count: 1, waitMilliseconds: 60_000 }),
    stream.claim(reader, { count: 1, idleMilliseconds: 0 }),
    stream.ping(),
  ]);
  const codes = answers.map((answer) => (answer.status === 'rejected' ? (answer.reason as { code: string }).code : ''));
  expect(codes).toEqual(answers.map(() => 'unavailable'));
  await bell.ring('channel', 'a lost ring does not throw');
  const leave = await bell.listen('channel', () => undefined);
  await leave();
  await Promise.all([keyvalue.close(), stream.close(), bell.close()]);
});

describe.skipIf(redisUrl === '')(
  'a connection to Redis through a network that fails (skipped without REDIS_URL)',
  () => {
    let network: Network;
    beforeAll(async () => {
      network = await openNetwork(new URL(redisUrl));
    });
    afterAll(() => network.cut());

    test('commands fail while it is cut and succeed again by themselves afterwards', async () => {
      const connection = connectRedis({ url: network.url, log }, { name: 'test' });
      await connection.ping();
      await network.cut();
      await expect(connection.ping()).rejects.toMatchObject({ code: 'unavailable' });
      await network.mend();
      await expect.poll(() => succeeds(connection.ping()), { timeout: 10_000 }).toBe(true);
      await connection.close();
    });

    test('nothing that failed is sent later or twice', async () => {
      const connection = connectRedis({ url: network.url, log }, { name: 'test' });
      const count = (key: string) => connection.run((client) => client.incr(`test-once:${key}`));
      await connection.ping();
      network.silence('answers');
      await expect(count('answer-lost')).rejects.toMatchObject({ code: 'unavailable' });
      await network.cut();
      network.silence('nothing');
      await expect(count('never-sent')).rejects.toMatchObject({ code: 'unavailable' });
      await network.mend();
      await expect.poll(() => succeeds(connection.ping()), { timeout: 10_000 }).toBe(true);
      expect(await connection.run((client) => client.mget('test-once:answer-lost', 'test-once:never-sent'))).toEqual([
        '1',
        null,
      ]);
      await connection.run((client) => client.del('test-once:answer-lost'));
      await connection.close();
    });

    test('a connection that carries nothing any more is replaced', async () => {
      const connection = connectRedis({ url: network.url, log }, { name: 'test' });
      await connection.ping();
      network.strand();
      await expect(connection.ping()).rejects.toMatchObject({ code: 'unavailable' });
      await expect.poll(() => succeeds(connection.ping()), { timeout: 10_000 }).toBe(true);
      await connection.close();
    });

    test('a server that stays silent is given up on, and a waiting reader too', async () => {
      const connection = connectRedis({ url: network.url, log }, { name: 'test' });
      const bell = openRedisBell({ url: network.url, log, prefix: 'test-silent:' });
      const stream = openRedisStream({ url: network.url, log, bell, prefix: 'test-silent:' });
      await connection.ping();
      const waiting = stream.read({ topic: 'a', group: 'b', consumer: 'c' }, { count: 1, waitMilliseconds: 3_600_000 });
      const outcome = codeOf(waiting);
      await stream.ping();
      network.silence('everything');
      await expect(connection.ping()).rejects.toMatchObject({ code: 'unavailable' });
      expect(await outcome).toBe('unavailable');
      network.silence('nothing');
      await expect.poll(() => succeeds(connection.ping()), { timeout: 10_000 }).toBe(true);
      await connection.run((client) => client.del('test-silent:stream:{a:0}:groups'));
      await stream.close();
      await Promise.all([connection.close(), bell.close()]);
    });

    test('listeners hear again after an outage', async () => {
      const bell = openRedisBell({ url: network.url, log, prefix: 'test-outage:' });
      const heard: string[] = [];
      await bell.listen('channel', (payload) => heard.push(payload));
      await network.cut();
      await bell.ring('channel', 'lost');
      await network.mend();
      await expect
        .poll(
          async () => {
            await bell.ring('channel', 'heard');
            return heard;
          },
          { timeout: 10_000 },
        )
        .toContain('heard');
      expect(heard).not.toContain('lost');
      await bell.close();
    });
  },
);

function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: { code?: unknown }) => error.code,
  );
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}
