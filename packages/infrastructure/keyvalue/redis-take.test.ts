import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { silentTelemetry } from '@devmesh/foundation';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectRedis } from '../redis/connect.ts';
import { noRedisServer, redisServers } from '../redis/server.fixture.ts';
import { measureOf, takeAllowances } from './allowance.ts';
import { createRateLimit } from './rate-limit.ts';
import { openRedisKeyValue } from './redis.ts';
import { takeOnRedis } from './redis-take.ts';

const { log } = silentTelemetry;

describe.skipIf(noRedisServer !== undefined)(`allowances on Redis (${noRedisServer ?? 'started here'})`, () => {
  const servers = redisServers();
  let url = '';
  beforeAll(async () => {
    url = `redis://127.0.0.1:${String((await servers.start()).port)}`;
  }, 20_000);
  afterAll(() => servers.stop());

  test('are computed as in memory, at the time that Redis had', async () => {
    const connection = connectRedis({ url, log }, { name: 'test' });
    const spec = fc.record({
      limit: fc.integer({ min: 1, max: 5 }),
      windowSeconds: fc.double({ min: 0.005, max: 0.1, noNaN: true }),
    });
    const waits = fc.array(fc.constantFrom(0, 0, 0, 1, 5, 20), { maxLength: 25 });
    const agree = fc.asyncProperty(fc.array(spec, { minLength: 1, maxLength: 3 }), waits, async (specs, pauses) => {
      const scope = randomUUID();
      const keys = specs.map((_each, at) => `{${scope}}:${String(at)}`);
      const wanted = specs.map((each, at) => ({ ...each, key: keys[at]! }));
      let used: readonly number[] = [];
      for (const milliseconds of pauses) {
        if (milliseconds > 0) await pause(milliseconds);
        const { now, ...answer } = await connection.run((client) => takeOnRedis(client, keys, wanted));
        const expected = takeAllowances(now, specs.map(measureOf), used);
        expect(answer).toEqual(expected);
        used = expected.fits.every(Boolean) ? expected.usedUntil : used;
      }
    });
    await fc.assert(agree, { numRuns: 40 });
    await connection.close();
  });

  test('are exact to two processes that take as fast as they can [keyvalue.rate-exact]', async () => {
    const key = randomUUID();
    const program = fileURLToPath(new URL('hammer.fixture.ts', import.meta.url));
    const words = ['--import', 'tsx', program, url, key, '150', '200'];
    const run = promisify(execFile);
    const outputs = await Promise.all([run(process.execPath, words), run(process.execPath, words)]);
    const counts = outputs.map(({ stdout }) => Number(stdout));
    expect(counts[0]! + counts[1]!).toBe(150);
  }, 60_000);

  test('each process limits by itself while Redis is gone, and says so; what must not be guessed refuses [keyvalue.rate-away]', async () => {
    const server = await servers.start();
    const keyvalue = openRedisKeyValue({ url: `redis://127.0.0.1:${String(server.port)}`, log });
    const [counts, errors]: [string[], string[]] = [[], []];
    const told = { ...log, error: (message: string) => errors.push(message), with: () => told };
    const metrics = { ...silentTelemetry.metrics, count: (name: string) => void counts.push(name) };
    const telemetry = { ...silentTelemetry, log: told, metrics };
    const lenient = createRateLimit({ keyvalue, name: 'calls', telemetry });
    const strict = createRateLimit({ keyvalue, name: 'attempts', telemetry, whenAway: 'refuse' });
    const limit = { limit: 3, windowSeconds: 3_600 };
    expect((await lenient.check('key', limit)).remaining).toBe(2);
    await server.kill();
    const answers = [];
    for (let at = 0; at < 5; at += 1) answers.push((await lenient.check('key', limit)).allowed);
    expect(answers).toEqual([true, true, true, false, false]);
    expect(counts).toEqual(answers.map(() => 'devmesh_rate_limit_local_total'));
    expect(errors).toEqual(['rate limits go on without the key-values']);
    await expect(strict.check('key', limit)).rejects.toMatchObject({ code: 'unavailable' });
    await servers.start([], server.port);
    await expect
      .poll(async () => (await lenient.check('other', { limit: 100, windowSeconds: 1 }), counts.splice(0).length), {
        timeout: 8_000,
      })
      .toBe(0);
    expect((await lenient.check('key', limit)).remaining).toBe(2);
    await keyvalue.close();
  });
});
