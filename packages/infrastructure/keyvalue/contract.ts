import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { silentTelemetry as telemetry, systemClock } from '@devmesh/foundation';
import { fakeClock } from '@devmesh/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLocks } from './lock.ts';
import type { KeyValue } from './port.ts';
import { createRateLimit } from './rate-limit.ts';
import { createSessions } from './sessions.ts';

/** What every key-value store must keep. `open` gives one more view of the same values, as another process would have. */
export function keyvalueContract(open: () => Promise<KeyValue>): void {
  let here: KeyValue;
  let there: KeyValue;
  beforeAll(async () => {
    here = await open();
    there = await open();
  });
  afterAll(async () => {
    await Promise.all([here.close(), there.close()]);
  });

  describe('values', () => {
    test('are kept as they are, for every process, until they are deleted [keyvalue.contract]', async () => {
      const key = newKey();
      expect(await here.get(key)).toBeUndefined();
      await here.set(key, 'Ünïcode\n"value"', 60);
      expect(await there.get(key)).toBe('Ünïcode\n"value"');
      await here.set(key, '', 60);
      expect(await there.get(key)).toBe('');
      expect(await there.delete(key)).toBe(true);
      expect(await there.delete(key)).toBe(false);
      expect(await here.get(key)).toBeUndefined();
    });

    test('end with their time', async () => {
      const key = newKey();
      await here.set(key, 'short', 0.05);
      await here.set(`${key}:long`, 'long', 60);
      await pause(150);
      expect(await here.get(key)).toBeUndefined();
      expect(await here.get(`${key}:long`)).toBe('long');
      expect(await here.setIfAbsent(key, 'again', 60)).toBe(true);
    });

    test('are set where nothing is by exactly one of many', async () => {
      const key = newKey();
      const tries = Array.from({ length: 20 }, (_each, at) =>
        (at % 2 === 0 ? here : there).setIfAbsent(key, String(at), 60),
      );
      const outcomes = await Promise.all(tries);
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await here.get(key)).toBe(String(outcomes.indexOf(true)));
    });

    test('are replaced and deleted only while they are what was expected', async () => {
      const key = newKey();
      expect(await here.replace(key, '', 'new', 60)).toBe(false);
      expect(await here.delete(key, 'old')).toBe(false);
      await here.set(key, 'old', 60);
      expect(await here.replace(key, 'other', 'new', 60)).toBe(false);
      expect(await here.delete(key, 'other')).toBe(false);
      expect(await here.get(key)).toBe('old');
      const outcomes = await Promise.all(['a', 'b', 'c', 'd'].map((value) => there.replace(key, 'old', value, 60)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const value = await here.get(key);
      expect(await here.delete(key, value)).toBe(true);
      expect(await here.get(key)).toBeUndefined();
    });
  });

  test('of a tenant go at once, with its lists and allowances, and nothing of another', async () => {
    const [leaving, staying] = [randomUUID(), randomUUID()];
    const allowance = { key: 'requests', limit: 2, windowSeconds: 60 };
    for (const tenant of [leaving, staying]) {
      for (let each = 0; each < 30; each += 1) await here.set(`${tenant}:value:${String(each)}`, 'value', 60);
      await here.enlist(`${tenant}:list`, 'member', { ttlSeconds: 60, maximum: 5 });
      await here.takeAll(tenant, [allowance]);
    }
    await there.deleteTenant(leaving);
    const found = async (tenant: string) => ({
      values: (
        await Promise.all(Array.from({ length: 30 }, (_, at) => here.get(`${tenant}:value:${String(at)}`)))
      ).filter((value) => value !== undefined).length,
      members: (await here.listed(`${tenant}:list`)).length,
      remaining: (await here.lookAll(tenant, [allowance]))[0]?.remaining,
    });
    expect(await found(leaving)).toEqual({ values: 0, members: 0, remaining: 2 });
    expect(await found(staying)).toEqual({ values: 30, members: 1, remaining: 1 });
  });

  describe('counters', () => {
    test('lose no increment', async () => {
      const key = newKey();
      const values = await Promise.all(
        Array.from({ length: 40 }, (_each, at) => (at % 2 === 0 ? here : there).increment(key, 2, 60)),
      );
      expect(new Set(values).size).toBe(40);
      expect(await here.get(key)).toBe('80');
      expect(await here.increment(key, -81, 60)).toBe(-1);
    });

    test('expire after their first increment, however many follow', async () => {
      const key = newKey();
      await here.increment(key, 1, 0.4);
      await pause(200);
      await here.increment(key, 1, 60);
      await pause(300);
      expect(await here.increment(key, 1, 60)).toBe(1);
    });

    test('refuse a value that is not a number', async () => {
      const key = newKey();
      await here.set(key, 'text', 60);
      await expect(here.increment(key, 1, 60)).rejects.toMatchObject({ code: 'invalid_state' });
      expect(await here.get(key)).toBe('text');
    });
  });

  describe('locks', () => {
    test('are held by one at a time, and the fence grows with each owner [keyvalue.lock-fenced]', async () => {
      const [mine, theirs] = [createLocks({ keyvalue: here }), createLocks({ keyvalue: there })];
      const name = newKey();
      const attempts = await Promise.all([mine, theirs, mine, theirs].map((locks) => locks.acquire(name, 60)));
      const [first, ...more] = attempts.filter((lock) => lock !== undefined);
      expect(more).toEqual([]);
      expect(await first!.extend(60)).toBe(true);
      expect(await first!.release()).toBe(true);
      const second = await theirs.acquire(name, 60);
      expect(second!.fence).toBeGreaterThan(first!.fence);
    });

    test('that were lost are neither extended nor released over their next owner', async () => {
      const locks = createLocks({ keyvalue: here });
      const name = newKey();
      const late = await locks.acquire(name, 60);
      await late!.extend(0.05);
      await pause(150);
      const owner = await locks.acquire(name, 60);
      expect(await late!.extend(60)).toBe(false);
      expect(await late!.release()).toBe(false);
      expect(await locks.acquire(name, 60)).toBeUndefined();
      expect(owner!.fence).toBeGreaterThan(late!.fence);
      expect(await owner!.release()).toBe(true);
    });

    test('a fence grows for ever, also where counters are forgotten and the clock is set back [keyvalue.lock-fence-grows]', async () => {
      type Step = { readonly kind: 'acquire' | 'lose' | 'forget' | 'clock'; readonly by: number };
      const step = fc.record({
        kind: fc.constantFrom<Step['kind']>('acquire', 'acquire', 'lose', 'forget', 'clock'),
        by: fc.integer({ min: -5_000, max: 5_000 }),
      });
      const grows = fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const clock = fakeClock();
        const locks = createLocks({ keyvalue: here, clock: { ...clock, now: () => clock.now() + skew } });
        const name = newKey();
        let skew = 0;
        let last = 0;
        for (const { kind, by } of steps) {
          if (kind === 'clock') skew += by;
          else if (kind === 'lose') await here.delete(`${name}:lock`);
          else if (kind === 'forget') await Promise.all([here.delete(`${name}:lock`), here.delete(`${name}:fence`)]);
          else {
            const lock = await locks.acquire(name, 60);
            if (lock !== undefined && lock.fence <= last)
              throw new Error(`${String(lock.fence)} after ${String(last)}`);
            last = lock?.fence ?? last;
          }
        }
      });
      const outcome = await fc.check(grows, { numRuns: 30 });
      expect(outcome.errorInstance).toBe(null);
    });

    test('another process, whose clock is behind by less than the counter lived, gives a higher fence after a loss', async () => {
      const [mine, theirs] = [0, -900].map((behind) =>
        createLocks({ keyvalue: here, clock: { ...systemClock, now: () => Date.now() + lived + behind } }),
      );
      const name = newKey();
      let lived = 0;
      const first = await mine!.acquire(name, 60);
      lived = 1_000;
      await here.delete(`${name}:lock`);
      await here.delete(`${name}:fence`);
      expect((await theirs!.acquire(name, 60))!.fence).toBeGreaterThan(first!.fence);
    });
  });

  describe('rate limits', () => {
    test('allow exactly the limit to many that ask at once in two processes [keyvalue.rate-exact]', async () => {
      const limits = [here, there].map((keyvalue) => createRateLimit({ keyvalue, name: 'test', telemetry }));
      const key = newKey();
      const limit = { limit: 25, windowSeconds: 3_600 };
      const answers = await Promise.all(Array.from({ length: 60 }, (_each, at) => limits[at % 2]!.check(key, limit)));
      const allowed = answers.filter((answer) => answer.allowed);
      expect(allowed.map(({ remaining }) => remaining).toSorted((a, b) => a - b)).toEqual([...Array(25).keys()]);
      const refused = await limits[0]!.check(key, limit);
      expect(refused).toMatchObject({ allowed: false, remaining: 0 });
      expect(refused.resetSeconds).toBeGreaterThan(3_600 / 25 - 30);
      expect(refused.resetSeconds).toBeLessThanOrEqual(3_600 / 25);
    });

    test('refill, keep keys and limits apart, and count whole windows that do not divide evenly', async () => {
      const limits = createRateLimit({ keyvalue: here, name: 'test', telemetry });
      const key = newKey();
      for (const remaining of [2, 1, 0]) {
        expect(await limits.check(key, { limit: 3, windowSeconds: 100 })).toMatchObject({ allowed: true, remaining });
      }
      expect(await limits.check(key, { limit: 3, windowSeconds: 100 })).toMatchObject({ allowed: false });
      expect(await limits.check(key, { limit: 4, windowSeconds: 100 })).toMatchObject({ allowed: true, remaining: 3 });
      const quick = { limit: 1, windowSeconds: 0.2 };
      expect(await limits.check(newKey(), quick)).toMatchObject({ allowed: true, remaining: 0 });
      const other = newKey();
      await limits.check(other, quick);
      await pause(300);
      expect(await limits.check(other, quick)).toMatchObject({ allowed: true });
    });

    test('refuse to be meaningless', async () => {
      const limits = createRateLimit({ keyvalue: here, name: 'test', telemetry });
      for (const limit of [0, 1.5, Number.NaN]) {
        await expect(limits.check(newKey(), { limit, windowSeconds: 1 })).rejects.toMatchObject({
          code: 'invalid_request',
        });
      }
      await expect(limits.check(newKey(), { limit: 1, windowSeconds: 0 })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });
  });

  describe('limits that hold at once', () => {
    const hourly = (policy: string, limit: number) => ({ policy, key: 'a', limit, windowSeconds: 3_600 });

    test('are charged all or none, exactly, to many that ask in two processes [keyvalue.rate-together]', async () => {
      const limits = [here, there].map((keyvalue) => createRateLimit({ keyvalue, name: 'test', telemetry }));
      const tenant = newKey();
      const both = [hourly('tenant', 30), hourly('tool', 12)];
      const verdicts = await Promise.all(
        Array.from({ length: 40 }, (_each, at) => limits[at % 2]!.checkAll(tenant, both)),
      );
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(12);
      const [first, second] = (await limits[0]!.checkAll(tenant, both)).policies;
      expect(first).toMatchObject({ policy: 'tenant', allowed: true, remaining: 18, limit: 30, windowSeconds: 3_600 });
      expect(second).toMatchObject({ policy: 'tool', allowed: false, remaining: 0 });
      const alone = await limits[1]!.checkAll(tenant, [hourly('tenant', 30)]);
      expect(alone.policies[0]).toMatchObject({ allowed: true, remaining: 17 });
      expect(alone.policies[0]!.fullSeconds).toBeGreaterThan((3_600 / 30) * 13 - 60);
      expect(alone.policies[0]!.fullSeconds).toBeLessThanOrEqual((3_600 / 30) * 13);
    });

    test('are looked at without taking anything', async () => {
      const limits = createRateLimit({ keyvalue: here, name: 'test', telemetry });
      const tenant = newKey();
      const both = [hourly('tenant', 2), hourly('tool', 1)];
      expect(await limits.look(tenant, both)).toMatchObject([{ remaining: 2 }, { remaining: 1, fullSeconds: 0 }]);
      await limits.checkAll(tenant, both);
      for (const again of [limits, limits]) {
        expect(await again.look(tenant, both)).toMatchObject([
          { policy: 'tenant', remaining: 1, allowed: true },
          { policy: 'tool', remaining: 0, allowed: false },
        ]);
      }
      expect((await limits.checkAll(tenant, [hourly('tenant', 2)])).allowed).toBe(true);
    });

    test('are kept apart by tenant, policy and key, and refuse to be asked twice', async () => {
      const limits = createRateLimit({ keyvalue: here, name: 'test', telemetry });
      const [tenant, other] = [newKey(), newKey()];
      expect((await limits.checkAll(tenant, [hourly('tenant', 1)])).allowed).toBe(true);
      expect((await limits.checkAll(tenant, [hourly('tenant', 1)])).allowed).toBe(false);
      expect((await limits.checkAll(other, [hourly('tenant', 1)])).allowed).toBe(true);
      expect((await limits.checkAll(tenant, [hourly('tool', 1)])).allowed).toBe(true);
      expect((await limits.checkAll(tenant, [{ ...hourly('tool', 1), key: 'b' }])).allowed).toBe(true);
      expect(await limits.checkAll(tenant, [])).toEqual({ allowed: true, policies: [] });
      await expect(limits.checkAll(tenant, [hourly('tool', 1), hourly('tool', 1)])).rejects.toMatchObject({
        code: 'invalid_request',
      });
    });
  });

  describe('lists', () => {
    test('keep members until their end, which a second entry moves', async () => {
      const list = newKey();
      const enter = (member: string, ttlSeconds: number) => here.enlist(list, member, { ttlSeconds, maximum: 10 });
      await enter('long', 60);
      await enter('short', 0.05);
      await enter('moved', 0.05);
      await enter('moved', 30);
      await pause(100);
      const members = await there.listed(list);
      expect(members.map(({ member }) => member)).toEqual(['moved', 'long']);
      expect(members[1]!.endsAt).toBeGreaterThan(members[0]!.endsAt + 25_000);
      expect(await there.delist(list, 'long')).toBe(true);
      expect(await there.delist(list, 'long')).toBe(false);
      expect((await here.listed(list)).map(({ member }) => member)).toEqual(['moved']);
      expect(await here.listed(newKey())).toEqual([]);
    });

    test('drop those that end first beyond their maximum, never the one that enters', async () => {
      const list = newKey();
      const enter = (member: string, ttlSeconds: number) => here.enlist(list, member, { ttlSeconds, maximum: 2 });
      expect(await enter('first', 30)).toEqual([]);
      expect(await enter('second', 60)).toEqual([]);
      expect(await enter('third', 10)).toEqual(['first']);
      expect(await enter('third', 20)).toEqual([]);
      expect((await there.listed(list)).map(({ member }) => member)).toEqual(['third', 'second']);
    });
  });

  describe('sessions', () => {
    test('are seen by every process until they end or are revoked [keyvalue.sessions]', async () => {
      const [mine, theirs] = [here, there].map((keyvalue) => createSessions({ keyvalue, ttlSeconds: 60 }));
      const [tenant, other] = [newKey(), newKey()];
      const session = await mine!.create(tenant, { agent: 'a', client: 'ünïcode' });
      const second = await theirs!.create(tenant, {});
      expect(await theirs!.get(tenant, session.id)).toEqual({ ...session, facts: { agent: 'a', client: 'ünïcode' } });
      expect(await theirs!.get(other, session.id)).toBeUndefined();
      await pause(5);
      expect(await theirs!.refresh(tenant, session.id, { agent: 'b' })).toBe(true);
      expect((await mine!.get(tenant, session.id))?.facts).toEqual({ agent: 'b', client: 'ünïcode' });
      expect((await mine!.list(tenant)).map(({ id }) => id)).toEqual([session.id, second.id]);
      expect(await theirs!.revoke(other, session.id)).toBe(false);
      expect(await theirs!.revoke(tenant, session.id)).toBe(true);
      expect(await mine!.refresh(tenant, session.id)).toBe(false);
      expect(await mine!.get(tenant, session.id)).toBeUndefined();
      expect((await mine!.list(tenant)).map(({ id }) => id)).toEqual([second.id]);
      expect(await mine!.list(other)).toEqual([]);
    });

    test('that are revoked while they are refreshed stay revoked', async () => {
      const tenant = newKey();
      const sessions = createSessions({ keyvalue: here, ttlSeconds: 60 });
      const { id } = await sessions.create(tenant, {});
      const get = async (key: string): Promise<string | undefined> => {
        const present = await here.get(key);
        await sessions.revoke(tenant, id);
        return present;
      };
      expect(await createSessions({ keyvalue: { ...here, get }, ttlSeconds: 60 }).refresh(tenant, id)).toBe(false);
      expect(await sessions.get(tenant, id)).toBeUndefined();
    });

    test('end without a refresh', async () => {
      const sessions = createSessions({ keyvalue: here, ttlSeconds: 0.05 });
      const tenant = newKey();
      const { id } = await sessions.create(tenant, {});
      await expect.poll(() => sessions.get(tenant, id)).toBeUndefined();
      expect(await sessions.refresh(tenant, id)).toBe(false);
      await expect.poll(() => sessions.list(tenant)).toEqual([]);
    });

    test('end where there are too many, the one that would have ended first', async () => {
      const sessions = createSessions({ keyvalue: here, ttlSeconds: 60, maximum: 2 });
      const tenant = newKey();
      const ids: string[] = [];
      for (const place of ['1', '2', '3']) {
        ids.push((await sessions.create(tenant, { place })).id);
        await pause(3);
      }
      expect(await sessions.get(tenant, ids[0]!)).toBeUndefined();
      expect(await sessions.refresh(tenant, ids[0]!)).toBe(false);
      expect((await sessions.list(tenant)).map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    });
  });

  test('the store answers', async () => {
    await expect(here.ping()).resolves.toBeUndefined();
  });
}

function newKey(): string {
  return `test:${randomUUID()}`;
}
