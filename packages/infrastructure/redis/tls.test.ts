import { readFileSync } from 'node:fs';
import { Secret, silentTelemetry } from '@devmesh/foundation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRedisBell } from '../bell/redis.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { documentedPermissions } from './acl.fixture.ts';
import { connectRedis, type RedisAddress } from './connect.ts';
import { reasonOf } from './failures.ts';
import { makeCertificates, noRedisServer, redisServers } from './server.fixture.ts';

const password = 'acl-pass-2342';

describe.skipIf(noRedisServer !== undefined)(
  `Redis over TLS, as the user of the documentation (${noRedisServer ?? 'started here'})`,
  () => {
    const servers = redisServers();
    let address: RedisAddress;

    beforeAll(async () => {
      const files = makeCertificates(servers.folder);
      const tls = ['--port', '0', '--tls-port', 'PORT', '--tls-cert-file', files.cert, '--tls-key-file', files.key];
      const user = ['--user', 'devmesh', 'on', `>${password}`, ...documentedPermissions()];
      const hosts = ['--bind', '127.0.0.1', '127.0.0.2'];
      const { port } = await servers.start([...tls, '--tls-ca-cert-file', files.ca, ...hosts, ...user]);
      const [ca, cert, key] = [files.ca, files.cert, files.key].map((file) => readFileSync(file, 'utf8'));
      address = {
        url: `rediss://devmesh:${password}@127.0.0.1:${String(port)}`,
        log: silentTelemetry.log,
        tls: { ca, certificate: { cert: cert!, key: new Secret(key!) } },
      };
    }, 120_000);
    afterAll(() => servers.stop());

    test('serves values and rings', async () => {
      const keyvalue = openRedisKeyValue(address);
      const bell = openRedisBell(address);
      const heard: string[] = [];
      await bell.listen('channel', (payload) => heard.push(payload));
      await bell.ring('channel', 'heard');
      await expect.poll(() => heard).toEqual(['heard']);
      await keyvalue.set('key', 'value', 60);
      expect(await keyvalue.get('key')).toBe('value');
      await Promise.all([keyvalue.close(), bell.close()]);
    });

    test('what the user may not do is said, and other keys and channels are none of its business', async () => {
      const connection = connectRedis(address, { name: 'test' });
      const forbidden = [
        connection.run((client) => client.get('other:key')),
        connection.run((client) => client.flushall()),
        connection.run((client) => client.publish('other', 'text')),
      ];
      const refused = { code: 'unavailable', message: expect.stringContaining('permission') as string };
      await Promise.all(forbidden.map((each) => expect(each).rejects.toMatchObject(refused)));
      await connection.close();
    });

    test('a server that cannot prove who it is is not talked to, nor one that wants a certificate and gets none [redis.tls]', async () => {
      const trusting = { ca: address.tls?.ca };
      const attempts: readonly (readonly [Partial<RedisAddress>, RegExp])[] = [
        [{ tls: {} }, /self-signed certificate/u],
        [{ tls: trusting }, /certificate required|ECONNRESET|closed|EPIPE/u],
        [{ url: address.url.replace('127.0.0.1', '127.0.0.2') }, /altnames/u],
        [{ url: address.url.replace('rediss', 'redis') }, /./u],
      ];
      for (const [changes, reason] of attempts) {
        const connection = connectRedis({ ...address, ...changes }, { name: 'test' });
        const failure: unknown = await connection.ping().catch((error: unknown) => error);
        expect(failure).toMatchObject({ code: 'unavailable' });
        expect(reasonOf((failure as Error).cause)).toMatch(reason);
        await connection.close();
      }
    });
  },
);
