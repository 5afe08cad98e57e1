import { randomUUID } from 'node:crypto';
import { Secret, silentTelemetry, type Telemetry } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Bell } from '../bell/port.ts';
import { openRedisBell } from '../bell/redis.ts';
import { noRedisServer, redisServers } from '../redis/server.fixture.ts';
import { createCache, type Cache } from './cache.ts';
import { openMemoryKeyValue } from './memory.ts';
import type { KeyValue } from './port.ts';
import { openRedisKeyValue } from './redis.ts';

interface Thing {
  readonly name: string;
}

interface Process {
  readonly cache: Cache<Thing>;
  /** What was counted, as `reads far hit`. */
  readonly counted: (what: string) => number;
  readonly errors: readonly string[];
}

interface Opening {
  readonly keyvalue?: KeyValue;
  readonly bell?: Bell;
  readonly random?: () => number;
  readonly ttlSeconds?: number;
  readonly maximumEntries?: number;
  readonly maximumBytes?: number;
  readonly decode?: (stored: unknown) => Thing | undefined;
}

function isThing(stored: unknown): stored is Thing {
  return typeof stored === 'object' && stored !== null && 'name' in stored && typeof stored.name === 'string';
}

/** Rings at once, and only in this process. */
function localBell(): Bell {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  return {
    ring: (channel, payload) => {
      for (const listener of listeners.get(channel) ?? []) listener(payload);
      return Promise.resolve();
    },
    listen: (channel, onRing) => {
      listeners.set(channel, (listeners.get(channel) ?? new Set()).add(onRing));
      return Promise.resolve(() => Promise.resolve(void listeners.get(channel)?.delete(onRing)));
    },
    close: () => Promise.resolve(),
  };
}

const deaf: Bell = {
  ring: () => Promise.resolve(),
  listen: () => Promise.resolve(() => Promise.resolve()),
  close: () => Promise.resolve(),
};

const clock = fakeClock();
const shared: KeyValue = { ...openMemoryKeyValue({ clock }), shared: true };
const bell = localBell();
const opened: Cache<Thing>[] = [];
const tenant = randomUUID();
const other = randomUUID();

afterEach(async () => {
  await Promise.all(opened.splice(0).map((cache) => cache.close()));
  await shared.close();
});

function openProcess(opening: Opening = {}): Process {
  const counts = new Map<string, number>();
  const errors: string[] = [];
  const telemetry: Telemetry = {
    ...silentTelemetry,
    log: { ...silentTelemetry.log, with: () => telemetry.log, error: (message) => errors.push(message) },
    metrics: {
      ...silentTelemetry.metrics,
      count: (name, labels = {}) => {
        const { cache: _cache, ...rest } = labels;
        const what = [name.replaceAll(/^devmesh_cache_|_total$/gu, ''), ...Object.values(rest)].join(' ');
        counts.set(what, (counts.get(what) ?? 0) + 1);
      },
    },
  };
  const cache = createCache<Thing>({
    name: 'things',
    keyvalue: shared,
    bell,
    telemetry,
    clock,
    random: () => 0,
    ttlSeconds: 100,
    decode: (stored) => (isThing(stored) ? stored : undefined),
    ...opening,
  });
  opened.push(cache);
  return { cache, counted: (what) => counts.get(what) ?? 0, errors };
}

/** A load that is counted, and answered when the test says so. */
function loader(value: Thing | undefined) {
  const state = { calls: 0, release: (): void => undefined };
  const gate = new Promise<void>((resolve) => {
    state.release = resolve;
  });
  const load = async (): Promise<Thing | undefined> => {
    state.calls += 1;
    await gate;
    return value;
  };
  return { state, load };
}

const one = { name: 'one' };
const two = { name: 'two' };
const loads = (value: Thing | undefined) => () => Promise.resolve(value);
const never = (): Promise<Thing> => Promise.reject(new Error('Nothing had to be loaded.'));

describe('a cache of two levels', () => {
  test('loads once for many that ask at once, then answers from this process, then from the key-values [keyvalue.cache-levels]', async () => {
    const [here, there] = [openProcess(), openProcess()];
    const { state, load } = loader(one);
    const reads = Array.from({ length: 20 }, () => here.cache.read(tenant, 'a', load));
    state.release();
    expect(await Promise.all(reads)).toEqual(reads.map(() => one));
    expect(state.calls).toBe(1);
    expect(await here.cache.read(tenant, 'a', never)).toBe(one);
    expect(here.counted('reads near hit')).toBe(1);
    expect(await there.cache.read(tenant, 'a', never)).toEqual(one);
    expect(there.counted('reads far hit')).toBe(1);
    await clock.advance(5_001);
    expect(await here.cache.read(tenant, 'a', never)).toEqual(one);
    expect(here.counted('reads near stale')).toBe(1);
    expect(here.counted('reads far hit')).toBe(1);
  });

  test('tenants and keys are apart, and a value that stands in the wrong place is not used [keyvalue.cache-tenant]', async () => {
    const here = openProcess();
    await here.cache.read(tenant, 'a', loads(one));
    expect(await here.cache.read(other, 'a', loads(two))).toBe(two);
    expect(await here.cache.read(tenant, 'b', loads(two))).toBe(two);
    const stored = await shared.get(`${tenant}:cache:things:=a`);
    const mixedUp = openProcess();
    for (const place of [`${other}:cache:things:=a`, `${tenant}:cache:things:=b`]) await shared.set(place, stored!, 60);
    const generation = await shared.get(`${tenant}:cache:things:generation`);
    await shared.set(`${other}:cache:things:generation`, generation!, 60);
    expect(await mixedUp.cache.read(other, 'a', loads(two))).toBe(two);
    expect(await mixedUp.cache.read(tenant, 'b', loads(two))).toBe(two);
    expect(mixedUp.counted('reads far foreign')).toBe(2);
    expect(mixedUp.errors).toHaveLength(2);
  });

  test('remembers for a shorter time that there is nothing, and a failure never [keyvalue.cache-failure]', async () => {
    const [here, there] = [openProcess(), openProcess()];
    await expect(here.cache.read(tenant, 'a', never)).rejects.toThrow('Nothing had to be loaded.');
    expect(await here.cache.read(tenant, 'a', loads(undefined))).toBeUndefined();
    expect(await here.cache.read(tenant, 'a', never)).toBeUndefined();
    expect(await there.cache.read(tenant, 'a', never)).toBeUndefined();
    expect(there.counted('reads far absent')).toBe(1);
    await clock.advance(10_001);
    expect(await here.cache.read(tenant, 'a', loads(one))).toBe(one);
    await clock.advance(99_000);
    expect(await there.cache.read(tenant, 'a', never)).toEqual(one);
    expect(here.counted('loads failed')).toBe(1);
  });

  test('a failed load reaches all that wait for it, and the next one loads again', async () => {
    const here = openProcess();
    const outcomes = await Promise.allSettled([1, 2].map(() => here.cache.read(tenant, 'a', never)));
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(here.counted('loads failed')).toBe(1);
    expect(await here.cache.read(tenant, 'a', loads(one))).toBe(one);
  });

  test('values that were stored together end at different times, none after its time [keyvalue.cache-spread]', async () => {
    let draw = 0;
    const here = openProcess({ random: () => (draw = (draw + 0.618) % 1) });
    const keys = Array.from({ length: 20 }, (_each, at) => String(at));
    await Promise.all(keys.map((key) => here.cache.read(tenant, key, loads(one))));
    const alive = async (): Promise<number> =>
      (await Promise.all(keys.map((key) => shared.get(`${tenant}:cache:things:=${key}`)))).filter(Boolean).length;
    await clock.advance(79_900);
    expect(await alive()).toBe(20);
    await clock.advance(10_000);
    const half = await alive();
    expect(half).toBeGreaterThan(4);
    expect(half).toBeLessThan(16);
    await clock.advance(10_101);
    expect(await alive()).toBe(0);
  });

  test('a value that this program does not understand is loaded again', async () => {
    const here = openProcess();
    await here.cache.read(tenant, 'a', loads(one));
    const newer = openProcess({ decode: () => undefined });
    expect(await newer.cache.read(tenant, 'a', loads(two))).toBe(two);
    expect(newer.counted('reads far refused')).toBe(1);
    for (const broken of ['not JSON', '"text"', 'null']) {
      await shared.set(`${tenant}:cache:things:=a`, broken, 60);
      expect(await openProcess().cache.read(tenant, 'a', loads(one))).toBe(one);
    }
  });

  test('a value that holds a secret is refused, and stored nowhere [keyvalue.cache-no-secrets]', async () => {
    const here = openProcess();
    const secretive = { name: 'a', deep: [{ key: new Secret('hidden') }] };
    await expect(here.cache.read(tenant, 'a', loads(secretive))).rejects.toMatchObject({ code: 'internal' });
    expect(await shared.get(`${tenant}:cache:things:=a`)).toBeUndefined();
    expect(await here.cache.read(tenant, 'a', loads(one))).toBe(one);
  });

  test('memory is bounded by number and by bytes', async () => {
    const few = openProcess({ keyvalue: openMemoryKeyValue(), maximumEntries: 2 });
    for (const key of ['a', 'b', 'c']) await few.cache.read(tenant, key, loads(one));
    expect(await few.cache.read(tenant, 'a', loads(two))).toBe(two);
    const small = openProcess({ keyvalue: openMemoryKeyValue(), maximumBytes: 1_000 });
    await small.cache.read(tenant, 'large', loads({ name: 'x'.repeat(2_000) }));
    expect(await small.cache.read(tenant, 'large', loads(one))).toBe(one);
    await expect(small.cache.read(tenant, 'k'.repeat(513), loads(one))).rejects.toMatchObject({
      code: 'invalid_request',
    });
  });
});

describe('a change', () => {
  test('is seen at once by every process [keyvalue.cache-change]', async () => {
    const [here, there] = [openProcess(), openProcess()];
    for (const { cache } of [here, there]) await cache.read(tenant, 'a', loads(one));
    await here.cache.read(other, 'a', loads(one));
    await here.cache.change(tenant, () => Promise.resolve());
    expect(await there.cache.read(tenant, 'a', loads(two))).toBe(two);
    expect(await here.cache.read(tenant, 'a', never)).toEqual(two);
    expect(await here.cache.read(other, 'a', never)).toBe(one);
  });

  test('leaves nothing behind of a load that began before it, in any process and on any level', async () => {
    const [here, there, third] = [openProcess(), openProcess(), openProcess()];
    const early = [loader(one), loader(one)];
    const reads = [here.cache.read(tenant, 'a', early[0]!.load), there.cache.read(tenant, 'b', early[1]!.load)];
    await expect.poll(() => early.map(({ state }) => state.calls)).toEqual([1, 1]);
    await here.cache.change(tenant, () => Promise.resolve());
    for (const { state } of early) state.release();
    expect(await Promise.all(reads)).toEqual([one, one]);
    for (const key of ['a', 'b']) {
      for (const { cache } of [here, there]) expect(await cache.read(tenant, key, loads(two))).toEqual(two);
      expect(await third.cache.read(tenant, key, never)).toEqual(two);
    }
  });

  test('leaves nothing behind of what was read while it went on, also where rings are lost and where it fails', async () => {
    const [here, hears, unheard] = [openProcess(), openProcess(), openProcess({ bell: deaf })];
    const everybody = [here, hears, unheard];
    let calls = 0;
    const change = here.cache.change(tenant, async () => {
      for (const { cache } of everybody) {
        for (const more of [1, 1]) {
          await cache.read(tenant, 'a', () => {
            calls += more;
            return Promise.resolve(one);
          });
        }
      }
      throw new Error('rolled back');
    });
    await expect(change).rejects.toThrow('rolled back');
    expect(calls).toBe(6);
    for (const { cache } of everybody) expect(await cache.read(tenant, 'a', loads(two))).toEqual(two);
    expect(here.counted('loads found') + hears.counted('loads found') + unheard.counted('loads found')).toBe(7);
  });

  test('keeps nothing meanwhile also where every process has only its own memory', async () => {
    const [here, there] = [1, 2].map(() => openProcess({ keyvalue: openMemoryKeyValue({ clock }) })) as [
      Process,
      Process,
    ];
    await here.cache.change(tenant, async () => {
      for (const { cache } of [here, there, here, there]) await cache.read(tenant, 'a', loads(one));
      const slow = loader(one);
      const reads = [1, 2].map(() => there.cache.read(tenant, 'b', slow.load));
      expect(slow.state.calls).toBe(2);
      slow.state.release();
      await Promise.all(reads);
    });
    expect([here.counted('loads found'), there.counted('loads found')]).toEqual([2, 4]);
    for (const { cache } of [here, there]) expect(await cache.read(tenant, 'a', loads(two))).toBe(two);
  });

  test('that the key-values did not take is held against them here until they take it', async () => {
    let broken = false;
    const refusing: KeyValue = {
      ...shared,
      set: (key, ...rest) =>
        broken && key.endsWith(':generation') ? Promise.reject(new Error('refused')) : shared.set(key, ...rest),
    };
    const [here, there] = [openProcess({ keyvalue: refusing }), openProcess()];
    await here.cache.read(tenant, 'a', loads(one));
    broken = true;
    await here.cache.change(tenant, () => Promise.resolve());
    expect(await here.cache.read(tenant, 'a', loads(two))).toBe(two);
    broken = false;
    await clock.advance(500);
    await expect.poll(() => there.cache.read(tenant, 'a', loads(two))).toEqual(two);
    expect(await here.cache.read(tenant, 'a', never)).toEqual(two);
  });

  test('that went by unheard shows after the time of the first level', async () => {
    const [here, unheard] = [openProcess(), openProcess({ bell: deaf })];
    await unheard.cache.read(tenant, 'a', loads(one));
    await here.cache.change(tenant, () => Promise.resolve());
    expect(await unheard.cache.read(tenant, 'a', never)).toBe(one);
    await clock.advance(5_001);
    expect(await unheard.cache.read(tenant, 'a', loads(two))).toBe(two);
  });

  test('of a process that died in the middle closes the tenant for a minute at most', async () => {
    const [here, there] = [openProcess(), openProcess()];
    void here.cache.change(tenant, () => new Promise(() => undefined));
    await expect.poll(() => shared.get(`${tenant}:cache:things:generation`)).toMatch(/^changing:/u);
    expect(await there.cache.read(tenant, 'a', loads(one))).toBe(one);
    expect(await there.cache.read(tenant, 'a', loads(two))).toBe(two);
    await clock.advance(60_001);
    expect(await there.cache.read(tenant, 'a', loads(one))).toBe(one);
    expect(await there.cache.read(tenant, 'a', never)).toBe(one);
  });
});

describe.skipIf(noRedisServer !== undefined)(`a cache on Redis (${noRedisServer ?? 'started here'})`, () => {
  const servers = redisServers();
  let url = '';
  beforeAll(async () => {
    url = `redis://127.0.0.1:${String((await servers.start()).port)}`;
  }, 20_000);
  afterAll(() => servers.stop());

  test('serves another process from Redis, and a change here empties its memory there', async () => {
    const engines = [1, 2].map(() => ({
      keyvalue: openRedisKeyValue({ url, log: silentTelemetry.log }),
      bell: openRedisBell({ url, log: silentTelemetry.log }),
    }));
    const [here, there] = engines.map((engine) => openProcess(engine)) as [Process, Process];
    await engines[1]!.bell.listen('cache_things', () => undefined);
    await here.cache.read(tenant, 'a', loads(one));
    expect(await there.cache.read(tenant, 'a', never)).toEqual(one);
    expect(await there.cache.read(tenant, 'a', never)).toEqual(one);
    expect(there.counted('reads near hit')).toBe(1);
    await here.cache.change(tenant, () => Promise.resolve());
    await expect.poll(() => there.cache.read(tenant, 'a', loads(two))).toEqual(two);
    await Promise.all(opened.splice(0).map((cache) => cache.close()));
    await Promise.all(engines.flatMap(({ keyvalue, bell: redisBell }) => [keyvalue.close(), redisBell.close()]));
  });

  test('reads go on while Redis is gone, and a change made meanwhile is known to all once it is back [keyvalue.cache-away]', async () => {
    const server = await servers.start();
    const here = { url: `redis://127.0.0.1:${String(server.port)}`, log: silentTelemetry.log };
    const keyvalue = openRedisKeyValue(here);
    const { cache, counted, errors } = openProcess({ keyvalue, bell: deaf });
    await cache.read(tenant, 'a', loads(one));
    const before = await keyvalue.get(`${tenant}:cache:things:generation`);
    await server.kill();
    expect(await cache.read(tenant, 'b', loads(two))).toBe(two);
    await cache.change(tenant, () => Promise.resolve());
    expect(await cache.read(tenant, 'a', loads(two))).toBe(two);
    expect(counted('away')).toBeGreaterThan(0);
    expect(errors).toContain('caches go on without the key-values');
    await servers.start([], server.port);
    await keyvalue.ping().catch(() => undefined);
    await expect
      .poll(
        () =>
          keyvalue.set(`${tenant}:cache:things:generation`, before!, 60).then(
            () => true,
            () => false,
          ),
        { timeout: 5_000 },
      )
      .toBe(true);
    await expect
      .poll(
        async () => {
          await clock.advance(1_001);
          return keyvalue.get(`${tenant}:cache:things:generation`);
        },
        { timeout: 5_000 },
      )
      .not.toBe(before);
    await keyvalue.close();
  });
});
