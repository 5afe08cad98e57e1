import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedisBell } from '../bell/redis.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { openRedisStream } from '../stream/redis.ts';
import { connectRedis } from './connect.ts';

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

type Silence = 'nothing' | 'answers' | 'everything';

interface Network {
  readonly url: string;
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** What does not go through, though connections stay open. */
  silence(what: Silence): void;
}

/** A TCP forwarder between the client and the real server. */
async function openNetwork(target: URL): Promise<Network> {
  const sockets = new Set<Socket>();
  let silent: Silence = 'nothing';
  const forward = (from: Socket, to: Socket, carries: 'answers' | 'commands'): void => {
    sockets.add(from);
    from.on('data', (data) => {
      if (silent === 'nothing' || (silent === 'answers' && carries === 'commands')) to.write(data);
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const create = (): Server =>
    createServer((client) => {
      const upstream = connect(Number(target.port === '' ? 6379 : target.port), target.hostname);
      forward(client, upstream, 'commands');
      forward(upstream, client, 'answers');
    });
  let server = create();
  const port = await listen(server, 0);
  const address = new URL(target);
  address.hostname = '127.0.0.1';
  address.port = String(port);
  return {
    url: address.href,
    cut: async () => {
      const closed = close(server);
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    mend: async () => {
      server = create();
      await listen(server, port);
    },
    silence: (value) => {
      silent = value;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

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
