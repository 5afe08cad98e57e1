import { inspect } from 'node:util';
import { Secret, silentTelemetry, type Logger } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedisBell } from '../bell/redis.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { connectRedis, type RedisAddress } from './connect.ts';
import { failuresUntilDone, outcomeOf, patience } from './outcome.fixture.ts';
import { noRedisServer, redisServers, until, type RedisServer } from './server.fixture.ts';

const password = 'server-pass-4711';
const sentinelPassword = 'sentinel-pass-0815';
const { log } = silentTelemetry;

describe.skipIf(noRedisServer !== undefined)(`Redis found by sentinels (${noRedisServer ?? 'started here'})`, () => {
  const servers = redisServers();
  const settings = ['--requirepass', password, '--masterauth', password];
  let hosts = '';
  let master: RedisServer;
  let replica: RedisServer;
  const address = (changes: Partial<RedisAddress> = {}): RedisAddress => ({
    url: `redis+sentinel://:${password}@${hosts}/mesh/0`,
    sentinel: { password: new Secret(sentinelPassword) },
    log,
    ...changes,
  });

  beforeAll(async () => {
    master = await servers.start(settings);
    replica = await servers.start([...settings, '--replicaof', '127.0.0.1', String(master.port)]);
    const lines = [`sentinel auth-pass MASTER ${password}`, `requirepass ${sentinelPassword}`];
    const sentinels = await Promise.all([1, 2, 3].map(() => servers.startSentinel('mesh', master.port, lines)));
    hosts = sentinels.map(({ port }) => `127.0.0.1:${String(port)}`).join(',');
    const asked = connectRedis({ url: `redis://:${sentinelPassword}@${hosts.split(',')[0]!}`, log }, { name: 'test' });
    await until(async () => {
      const told = String(await asked.run((client) => client.call('SENTINEL', 'MASTER', 'mesh')));
      return told.includes('num-slaves,1') && told.includes('num-other-sentinels,2');
    });
    await asked.close();
  }, 120_000);
  afterAll(() => servers.stop());

  test('is followed to the server that takes over from one that died, and from one that fell silent [redis.failover]', async () => {
    const keyvalue = openRedisKeyValue(address());
    const bell = openRedisBell(address());
    const heard: string[] = [];
    await bell.listen('channel', (payload) => heard.push(payload));
    const write = async () => [await outcomeOf(keyvalue.set('key', 'value', 60))];
    expect((await write())[0]!.code).toBe('done');

    await master.kill();
    const failures = [...(await failuresUntilDone(write))];
    const follow = [...settings, '--replicaof', '127.0.0.1', String(replica.port)];
    const again = await servers.start(follow, master.port);
    const direct = connectRedis({ url: `redis://:${password}@127.0.0.1:${String(again.port)}`, log }, { name: 'test' });
    await until(async () => (await direct.run((client) => client.info('replication'))).includes('link_status:up'));

    replica.freeze(true);
    failures.push(...(await failuresUntilDone(write)));
    replica.freeze(false);
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['unavailable']));
    expect(Math.max(...failures.map(({ seconds }) => seconds))).toBeLessThan(patience);
    await until(async () => {
      await bell.ring('channel', 'after');
      return heard.includes('after');
    });
    expect(await direct.run((client) => client.get('devmesh:key'))).toBe('value');
    await Promise.all([keyvalue.close(), bell.close(), direct.close()]);
  }, 300_000);

  test('no failure and no log line holds a password, whichever was wrong [redis.no-password-shown]', async () => {
    const lines: unknown[] = [];
    const keep = (...words: unknown[]): void => {
      lines.push(...words);
    };
    const told: Logger = { debug: keep, info: keep, warn: keep, error: keep, with: () => told };
    const wrong = 'wrong-pass-1234';
    const failing: RedisAddress[] = [
      address({ log: told, sentinel: { password: new Secret(wrong) } }),
      address({ log: told, url: `redis+sentinel://:${wrong}@${hosts}/mesh` }),
      address({ log: told, url: `redis+sentinel://:${password}@${hosts}/no-such-master` }),
      address({ log: told, url: `redis://somebody:${wrong}@127.0.0.1:${String(replica.port)}` }),
    ];
    const failures = await Promise.all(
      failing.map(async (each) => {
        const connection = connectRedis(each, { name: 'test' });
        const failure: unknown = await connection.ping().catch((error: unknown) => error);
        await connection.close();
        return failure;
      }),
    );
    expect(failures.map((error) => (error as { code?: string }).code)).toEqual(failing.map(() => 'unavailable'));
    const shown = [...failures, ...lines].map((each) => inspect(each, { depth: 10, showHidden: true })).join('\n');
    expect(shown).toMatch(/WRONGPASS/u);
    for (const secret of [password, sentinelPassword, wrong]) expect(shown).not.toContain(secret);
  });
});
