import { describe, expect, it } from 'vitest';
import { createReadStore, type KeptRead } from './read-store.ts';

const bounds = { tenants: 2, entriesOfTenant: 3, bytesOfTenant: 10_000, bytesOfEntry: 5_000 };

function kept(bytes = 0, origin = 'http://o'): KeptRead {
  const response = { status: 200, headers: new Headers(), url: '', body: new Uint8Array(bytes), text: () => '' };
  return { origin, response, keeping: { freshMilliseconds: 1, validators: {} }, freshUntil: 1 };
}

describe('what is kept of reads', () => {
  it('is bounded for each organization by number and bytes, and one takes nothing from another [resilience.cache-bounded]', () => {
    const store = createReadStore(bounds);
    store.put('a', 'one', kept());
    for (const key of ['one', 'two', 'three', 'four']) store.put('b', key, kept());
    expect(store.get('a', 'one')).toBeDefined();
    expect(store.get('b', 'one')).toBeUndefined();
    for (const key of ['five', 'six', 'seven']) store.put('b', key, kept(2_900));
    expect(['four', 'five', 'six', 'seven'].filter((key) => store.get('b', key) !== undefined)).toEqual([
      'six',
      'seven',
    ]);
    store.put('b', 'large', kept(5_000));
    expect(store.get('b', 'large')).toBeUndefined();
  });

  it('is of few organizations at once', () => {
    const store = createReadStore(bounds);
    for (const tenant of ['a', 'b', 'c']) store.put(tenant, 'one', kept());
    expect(['a', 'b', 'c'].filter((tenant) => store.get(tenant, 'one') !== undefined)).toEqual(['b', 'c']);
  });

  it('goes with its origin, for that organization', () => {
    const store = createReadStore(bounds);
    store.put('a', 'one', kept());
    store.put('a', 'two', kept(0, 'http://p'));
    store.put('b', 'one', kept());
    store.dropOrigin('a', 'http://o');
    expect([store.get('a', 'one'), store.get('a', 'two') !== undefined, store.get('b', 'one') !== undefined]).toEqual([
      undefined,
      true,
      true,
    ]);
  });
});
