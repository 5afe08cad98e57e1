import { fakeClock } from '@devmesh/testkit';
import { describe, expect, test } from 'vitest';
import { keyvalueContract } from './contract.ts';
import { openMemoryKeyValue } from './memory.ts';

describe('key-values in memory', () => {
  const shared = openMemoryKeyValue();
  keyvalueContract(() => Promise.resolve({ ...shared, close: () => Promise.resolve() }));

  test('an allowance refills one by one, as its window tells', async () => {
    const clock = fakeClock();
    const keyvalue = openMemoryKeyValue({ clock });
    const take = async () => (await keyvalue.takeAll('tenant', [{ key: 'key', limit: 10, windowSeconds: 60 }]))[0];
    for (let at = 0; at < 10; at += 1) await take();
    expect(await take()).toEqual({ allowed: false, remaining: 0, resetSeconds: 6, fullSeconds: 60 });
    await clock.advance(5_999);
    expect(await take()).toEqual({ allowed: false, remaining: 0, resetSeconds: 1, fullSeconds: 55 });
    await clock.advance(1);
    expect(await take()).toEqual({ allowed: true, remaining: 0, resetSeconds: 6, fullSeconds: 60 });
    await clock.advance(60_000);
    expect(await take()).toEqual({ allowed: true, remaining: 9, resetSeconds: 0, fullSeconds: 6 });
  });

  test('values end at their time by the clock, and memory is bounded', async () => {
    const clock = fakeClock();
    const keyvalue = openMemoryKeyValue({ clock, maximumEntries: 2 });
    await keyvalue.set('a', '1', 10);
    await clock.advance(9_999);
    expect(await keyvalue.get('a')).toBe('1');
    await clock.advance(2);
    expect(await keyvalue.get('a')).toBeUndefined();
    for (const key of ['b', 'c', 'd']) await keyvalue.set(key, key, 10);
    expect(await Promise.all(['b', 'c', 'd'].map((key) => keyvalue.get(key)))).toEqual([undefined, 'c', 'd']);
  });
});
