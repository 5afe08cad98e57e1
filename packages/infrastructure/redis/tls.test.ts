import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Secret, silentTelemetry } from '@devmesh/foundation';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bellContract } from '../bell/contract.ts';
import { openRedisBell } from '../bell/redis.ts';
import type { Bell } from '../bell/port.ts';
import { keyvalueContract } from '../keyvalue/contract.ts';
import { openRedisKeyValue } from '../keyvalue/redis.ts';
import { streamContract } from '../stream/contract.ts';
import { openRedisStream } from '../stream/redis.ts';
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
    let bell: Bell;
    let admin: Redis;

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
      bell = openRedisBell(address);
      admin = new Redis({ port, host: '127.0.0.1', tls: { ca: ca!, cert: cert!, key: key! } });
    }, 30_000);
    afterAll(async () => {
      admin.disconnect();
      await bell.close();
      await servers.stop();
    });

    describe('key-values', () => {
      keyvalueContract(() => Promise.resolve(openRedisKeyValue(address)));
    });

    describe('a bell', () => {
      bellContract(() => Promise.resolve(openRedisBell(address)));
    });

    describe('a stream', () => {
      streamContract(() => Promise.resolve(openRedisStream({ ...address, bell })));
    });

    test('every permission of the documentation was needed [redis.acl-minimal]', async () => {
      const hasty = openRedisStream({ ...address, bell, forgetConsumersAfterMilliseconds: 0 });
      const reader = { topic: 'forgotten', group: 'group', consumer: 'holds' };
      const each = { tenantId: randomUUID(), kind: 'test', subjectId: 'a' };
      await hasty.append(reader.topic, [each, each]);
      await hasty.read(reader, { count: 1, waitMilliseconds: 0 });
      const [entry] = await hasty.read({ ...reader, consumer: 'gone' }, { count: 1, waitMilliseconds: 0 });
      await hasty.acknowledge(reader.topic, reader.group, [entry!.entryId]);
      await pause(20);
      await hasty.trim(reader.topic);
      await hasty.close();
      const used = new Set(
        [...(await admin.info('commandstats')).matchAll(/cmdstat_([^:]+):/gu)].map(([, name]) => name),
      );
      const granted = documentedPermissions().filter((word) => word.startsWith('+'));
      expect(granted.filter((word) => !used.has(word.slice(1)))).toEqual([]);
    });

    test('what the user may not do is said, and other keys and channels are none of its business', async () => {
      const connection = connectRedis(address, { name: 'test' });
      const forbidden = [
        connection.run((client) => client.get('other:key')),
        connection.run((client) => client.flushall()),
        connection.run((client) => client.publish('other', 'text')),
      ];
      for (const each of forbidden) {
        await expect(each).rejects.toMatchObject({
          code: 'unavailable',
          message: expect.stringContaining('permission') as string,
        });
      }
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
