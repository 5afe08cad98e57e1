import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshError, parseConfig, silentTelemetry } from '@devmesh/foundation';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { platformConfigShape, type PlatformConfig } from '../config.ts';
import { parseRedisUrl } from './address.ts';
import { configuredRedis } from './configured.ts';

describe('a Redis URL', () => {
  test('names a server, sentinels with their master, or nodes of a cluster', () => {
    expect(parseRedisUrl('redis://127.0.0.1')).toEqual({
      kind: 'single',
      tls: false,
      username: undefined,
      password: undefined,
      nodes: [{ host: '127.0.0.1', port: 6379 }],
      master: undefined,
      database: 0,
    });
    expect(parseRedisUrl('rediss://mesh:p%40ss%2Fword@redis.example:6380/3')).toMatchObject({
      tls: true,
      username: 'mesh',
      password: 'p@ss/word',
      nodes: [{ host: 'redis.example', port: 6380 }],
      database: 3,
    });
    expect(parseRedisUrl('redis+sentinel://:secret@one,[::1]:5000/my%20master/2')).toMatchObject({
      kind: 'sentinel',
      username: undefined,
      password: 'secret',
      nodes: [
        { host: 'one', port: 26379 },
        { host: '::1', port: 5000 },
      ],
      master: 'my master',
      database: 2,
    });
    expect(parseRedisUrl('rediss+cluster://a:1,b:2')).toMatchObject({
      kind: 'cluster',
      tls: true,
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 2 },
      ],
    });
  });

  test.each([
    ['http://host', 'must start with'],
    ['redis+other://host', 'must start with'],
    ['redis://host?family=6', 'no ? or #'],
    ['redis://a:1,b:2', 'names several hosts'],
    ['redis://', 'not host:port'],
    ['redis://host:99999', 'not host:port'],
    ['redis://host:0', 'not host:port'],
    ['redis+cluster://a:1,', 'not host:port'],
    ['redis+sentinel://a:1,b:2', 'name of the master'],
    ['redis+cluster://a:1/2', 'only one'],
    ['redis://host/name', 'number of a database'],
    ['redis://host/1/2', 'number of a database'],
    ['redis://user@host', 'user without a password'],
    ['redis://:se%cret@host', 'hexadecimal'],
  ])('%s is refused with a sentence that says why', (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(why);
  });

  test('gives back every user, password, host and port that was put in', () => {
    const text = fc.string({ minLength: 1, unit: 'binary' });
    const node = fc.record({
      host: fc.constantFrom('a', 'redis-1.example', '10.0.0.1'),
      port: fc.integer({ min: 1, max: 65_535 }),
    });
    fc.assert(
      fc.property(text, text, fc.array(node, { minLength: 1, maxLength: 4 }), (username, password, nodes) => {
        const hosts = nodes.map(({ host, port }) => `${host}:${String(port)}`).join(',');
        const url = `redis+cluster://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${hosts}`;
        expect(parseRedisUrl(url)).toMatchObject({ username, password, nodes });
      }),
    );
  });

  test('is refused without showing any part of it', () => {
    const parts = fc.tuple(
      fc.constantFrom('redis', 'redis+sentinel', 'redis+cluster', 'x'),
      fc.string({ maxLength: 12 }),
    );
    fc.assert(
      fc.property(parts, fc.string({ maxLength: 12 }), ([scheme, before], after) => {
        const url = `${scheme}://${before}:hunter2@${after}`;
        const [outcome] = attempt(() => parseRedisUrl(url).nodes.map(() => 'accepted'));
        expect(outcome).toMatch(/^(accepted|invalid_config: )/u);
        expect(outcome).not.toContain('hunter2');
      }),
    );
  });
});

function attempt(work: () => readonly string[]): readonly string[] {
  try {
    return work();
  } catch (error) {
    return [error instanceof MeshError ? `${error.code}: ${String(error)}` : 'another failure'];
  }
}

describe('the configuration of Redis', () => {
  const folder = mkdtempSync(join(tmpdir(), 'devmesh-address-'));
  const pem = join(folder, 'a.pem');
  const noPem = join(folder, 'b.pem');
  writeFileSync(pem, '-----BEGIN CERTIFICATE-----\n');
  writeFileSync(noPem, 'text');
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const configure = (environment: Record<string, string>): PlatformConfig =>
    parseConfig(platformConfigShape, environment);
  const open = (environment: Record<string, string>) => configuredRedis(configure(environment), silentTelemetry.log);

  test('without a URL there is no Redis; with one, its files are read', async () => {
    expect(await open({})).toBeUndefined();
    const address = await open({
      REDIS_URL: 'rediss+sentinel://a/m',
      REDIS_CA_FILE: pem,
      REDIS_CERT_FILE: pem,
      REDIS_KEY_FILE: pem,
      REDIS_SENTINEL_USERNAME: 'u',
      REDIS_SENTINEL_PASSWORD: 'hidden',
    });
    expect(address?.tls?.ca).toContain('BEGIN');
    expect(address?.tls?.certificate?.key.open()).toContain('BEGIN');
    expect(address?.sentinel?.password.open()).toBe('hidden');
    expect(JSON.stringify(address)).not.toContain('hidden');
  });

  test.each([
    [{ REDIS_URL: 'redis://a', REDIS_CA_FILE: pem }, 'rediss'],
    [{ REDIS_URL: 'rediss://a', REDIS_CERT_FILE: pem }, 'together'],
    [{ REDIS_URL: 'rediss://a', REDIS_CA_FILE: noPem }, 'not PEM'],
    [{ REDIS_URL: 'rediss://a', REDIS_CA_FILE: join(folder, 'absent') }, 'cannot be read'],
    [{ REDIS_URL: 'redis://a', REDIS_SENTINEL_PASSWORD: 'hidden' }, 'names no sentinels'],
  ])('variables that do not go together are refused: %#', async (environment, why) => {
    const failure = open(environment);
    await expect(failure).rejects.toMatchObject({ code: 'invalid_config' });
    await expect(failure).rejects.toThrow(why);
  });

  test('a wrong URL is told of with all other problems, and its password is not', () => {
    expect(() => configure({ REDIS_URL: 'redis+sentinel://:hunter2@a:1', LOG_LEVEL: 'loud' })).toThrow(
      /REDIS_URL: The Redis URL must end with the name of the master[^]*LOG_LEVEL/u,
    );
    expect(() => configure({ REDIS_URL: 'redis://:hunter2@a:x' })).not.toThrow('hunter2');
  });
});
