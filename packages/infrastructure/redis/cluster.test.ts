import { setTimeout as pause } from 'node:timers/promises';
import { silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bellContract } from '../bell/contract.ts';
import type { Bell } from '../bell/port.ts';
import { openRedisBell } from '../bell/redis.ts';
import { keyvalueContract } from '../keyvalue/contract.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { streamContract } from '../stream/contract.ts';
import { openRedisStream } from '../stream/redis.ts';
import { documentedPermissions } from './acl.fixture.ts';
import { connectRedis } from './connect.ts';
import { failuresUntilDone, outcomeOf } from './outcome.fixture.ts';
import { noRedisServer, redisServers, until, type RedisServer } from './server.fixture.ts';

const { log } = silentTelemetry;

describe.skipIf(noRedisServer !== undefined)(`a Redis cluster of three (${noRedisServer ?? 'started here'})`, () => {
  const servers = redisServers();
  let url = '';
  let bell: Bell;
  beforeAll(async () => {
    const permissions = [...documentedPermissions(), '+cluster|slots', '+cluster|info'];
    const user = ['--user', 'devmesh', 'on', '>cluster-pass', ...permissions];
    const cluster = await servers.startCluster({ replicas: false, settings: user });
    url = cluster.url.replace('//', '//devmesh:cluster-pass@');
    bell = openRedisBell({ url, log });
  }, 30_000);
  afterAll(async () => {
    await bell.close();
    await servers.stop();
  });

  describe('key-values', () => {
    keyvalueContract(() => Promise.resolve(openRedisKeyValue({ url, log })));
  });

  describe('a bell', () => {
    bellContract(() => Promise.resolve(openRedisBell({ url, log })));
  });

  describe('a stream in three parts', () => {
    streamContract(() => Promise.resolve(openRedisStream({ url, log, bell, partitions: 3 })), { oneRound: false });
  });

  test('many first commands at once reach every node', async () => {
    const connection = connectRedis({ url, log }, { name: 'test' });
    const keys = Array.from({ length: 50 }, (_each, at) => `devmesh:many:${String(at)}`);
    await Promise.all(keys.map((key) => connection.run((client) => client.set(key, key))));
    expect(await Promise.all(keys.map((key) => connection.run((client) => client.get(key))))).toEqual(keys);
    await connection.close();
  });
});

describe.skipIf(noRedisServer !== undefined)(
  `a Redis cluster that loses a master (${noRedisServer ?? 'started here'})`,
  () => {
    const servers = redisServers();
    let url = '';
    let nodes: readonly RedisServer[] = [];
    beforeAll(async () => {
      ({ url, servers: nodes } = await servers.startCluster({ replicas: true }));
    }, 30_000);
    afterAll(() => servers.stop());

    test('answers or says `unavailable` soon, and goes on alone once a replica took over [redis.failover]', async () => {
      const keyvalue = openRedisKeyValue({ url, log });
      const bell = openRedisBell({ url, log });
      const heard: string[] = [];
      await bell.listen('channel', (payload) => heard.push(payload));
      const keys = Array.from({ length: 12 }, (_each, at) => `key:${String(at)}`);
      const unanswered: string[] = [];
      let attempt = 0;
      const writeAll = () =>
        Promise.all(
          keys.map(async (key) => {
            const name = `${key}:${String((attempt += 1))}`;
            const outcome = await outcomeOf(keyvalue.set(name, 'value', 60));
            if (outcome.code !== 'done') unanswered.push(name);
            return outcome;
          }),
        );
      await until(async () => (await writeAll()).every(({ code }) => code === 'done'));
      await nodes[0]!.kill();
      unanswered.length = 0;
      const failures = await failuresUntilDone(writeAll);
      expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['unavailable']));
      expect(Math.max(...failures.map(({ seconds }) => seconds))).toBeLessThan(5);
      await until(async () => {
        await bell.ring('channel', 'after');
        return heard.includes('after');
      });
      await pause(200);
      const read = () => Promise.all(unanswered.map((key) => keyvalue.get(key)));
      await until(() =>
        read().then(
          () => true,
          () => false,
        ),
      );
      expect(await read()).toEqual(unanswered.map(() => undefined));
      await Promise.all([keyvalue.close(), bell.close()]);
    }, 30_000);
  },
);
