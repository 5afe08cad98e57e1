import { setTimeout as pause } from 'node:timers/promises';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { silentTelemetry, type Logger } from '@devmesh/foundation';
import { Redis } from 'ioredis';
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
import { openNetwork } from './network.fixture.ts';
import { failuresUntilDone, outcomeOf, patience } from './outcome.fixture.ts';
import { noRedisServer, redisServers, until, type RedisServer } from './server.fixture.ts';

const { log } = silentTelemetry;

describe.skipIf(noRedisServer !== undefined)(`a Redis cluster of three (${noRedisServer ?? 'started here'})`, () => {
  const servers = redisServers();
  const permissions = [...documentedPermissions(), '+cluster|slots', '+cluster|info'];
  let url = '';
  let bell: Bell;
  beforeAll(async () => {
    const user = ['--user', 'devmesh', 'on', '>cluster-pass', ...permissions];
    const cluster = await servers.startCluster({ replicas: false, settings: user });
    url = cluster.url.replace('//', '//devmesh:cluster-pass@');
    bell = openRedisBell({ url, log });
  }, 120_000);
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

  test('every permission of the documentation was needed [redis.acl-minimal]', async () => {
    const hasty = openRedisStream({ url, log, bell, forgetConsumersAfterMilliseconds: 0 });
    const reader = { topic: 'forgotten', group: 'group', consumer: 'holds' };
    const each = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
    await hasty.append(reader.topic, [each, each]);
    await hasty.read(reader, { count: 1, waitMilliseconds: 0 });
    const [entry] = await hasty.read({ ...reader, consumer: 'gone' }, { count: 1, waitMilliseconds: 0 });
    await hasty.acknowledge(reader.topic, reader.group, [entry!.entryId]);
    await pause(20);
    await hasty.trim(reader.topic);
    await hasty.close();
    const nodes = servers.running().map(({ port }) => new Redis({ host: '127.0.0.1', port }));
    const stats = await Promise.all(nodes.map((node) => node.info('commandstats')));
    for (const node of nodes) node.disconnect();
    const used = new Set([...stats.join('\n').matchAll(/cmdstat_([^:]+):/gu)].map(([, name]) => `+${String(name)}`));
    expect(permissions.filter((word) => word.startsWith('+') && !used.has(word))).toEqual([]);
  });

  test('a wrong password is told of, and not told [redis.no-password-shown]', async () => {
    const lines: unknown[] = [];
    const told: Logger = { ...log, warn: (...words) => void lines.push(...words), with: () => told };
    const connection = connectRedis({ url: url.replace('cluster-pass', 'wrong-pass'), log: told }, { name: 'test' });
    const failure: unknown = await connection.ping().catch((error: unknown) => error);
    await connection.close();
    const shown = inspect([failure, ...lines], { depth: 10, showHidden: true });
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect(shown).toContain('WRONGPASS');
    expect(shown).not.toContain('wrong-pass');
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
    }, 120_000);
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
      expect(Math.max(...failures.map(({ seconds }) => seconds))).toBeLessThan(patience);
      await until(async () => {
        await bell.ring('channel', 'after');
        return heard.includes('after');
      });
      await pause(200);
      let found: unknown;
      await until(async () => {
        const reading = Promise.all(unanswered.map((key) => keyvalue.get(key)));
        const outcome = await outcomeOf(reading.then((values) => (found = values)));
        return outcome.code === 'done';
      });
      expect(found).toEqual(unanswered.map(() => undefined));
      await Promise.all([keyvalue.close(), bell.close()]);
    }, 300_000);
  },
);

describe.skipIf(noRedisServer !== undefined)(
  `a cluster whose answers are lost (${noRedisServer ?? 'started here'})`,
  () => {
    const servers = redisServers();
    afterAll(() => servers.stop());

    test('is not sent a command twice', async () => {
      const spare = await servers.start();
      await spare.kill();
      const network = await openNetwork(new URL(`redis://127.0.0.1:${String(spare.port)}`));
      const { port } = new URL(network.url);
      const known = ['--cluster-announce-ip', '127.0.0.1'];
      await servers.start(['--cluster-enabled', 'yes', '--cluster-announce-port', port, ...known], spare.port);
      const direct = new Redis({ port: spare.port, host: '127.0.0.1' });
      await direct.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
      const connection = connectRedis({ url: `redis+cluster://127.0.0.1:${port}`, log }, { name: 'test' });
      await until(async () => (await outcomeOf(connection.run((client) => client.set('count', 0)))).code === 'done');
      network.silence('answers');
      const lost = outcomeOf(connection.run((client) => client.incr('count')));
      await until(async () => (await direct.get('count')) === '1');
      await network.cut();
      network.silence('nothing');
      await network.mend();
      expect((await lost).code).toBe('unavailable');
      await until(async () => (await outcomeOf(connection.ping())).code === 'done');
      await pause(200);
      expect(await direct.get('count')).toBe('1');
      await connection.close();
      direct.disconnect();
      await network.cut();
    }, 120_000);
  },
);
