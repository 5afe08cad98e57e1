import { MeshError, systemClock, type Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { describeTaken, lookAtAllowances, measureOf, takeAllowances } from './allowance.ts';
import { createLists } from './memory-lists.ts';
import type { Allowance, KeyValue } from './port.ts';

interface MemoryKeyValueOptions {
  readonly clock?: Clock;
  /** Beyond this many, the values that were used longest ago are dropped. */
  readonly maximumEntries?: number;
}

/** Key-values of one process. Every operation is atomic, because none of them waits. */
export function openMemoryKeyValue(options: MemoryKeyValueOptions = {}): KeyValue {
  const clock = options.clock ?? systemClock;
  const maximum = options.maximumEntries ?? 100_000;
  const values = new LRUCache<string, string>({
    max: maximum,
    ttl: 1,
    ttlResolution: 0,
    perf: { now: () => clock.now() },
  });
  const put = (key: string, value: string, ttlSeconds: number): void => {
    values.set(key, value, { ttl: Math.max(1, Math.ceil(ttlSeconds * 1000)) });
  };
  const putWhere = (holds: boolean, key: string, value: string, ttlSeconds: number): boolean => {
    if (holds) put(key, value, ttlSeconds);
    return holds;
  };
  const usedUntilOf = (key: string): number => Number(values.get(key) ?? 0);
  const lists = createLists(clock, maximum);
  return {
    shared: false,
    get: (key) => resolved(() => values.get(key)),
    set: (key, value, ttlSeconds) =>
      resolved(() => {
        put(key, value, ttlSeconds);
      }),
    setIfAbsent: (key, value, ttlSeconds) => resolved(() => putWhere(!values.has(key), key, value, ttlSeconds)),
    replace: (key, expected, value, ttlSeconds) =>
      resolved(() => putWhere(values.get(key) === expected, key, value, ttlSeconds)),
    delete: (key, expected) =>
      resolved(() => (expected === undefined || values.get(key) === expected) && values.has(key) && values.delete(key)),
    increment: (key, by, ttlSeconds) =>
      resolved(() => {
        const present = values.get(key);
        const next = wholeNumber(present ?? '0') + by;
        if (present === undefined) put(key, String(next), ttlSeconds);
        else values.set(key, String(next), { ttl: values.getRemainingTTL(key) });
        return next;
      }),
    takeAll: (scope, wanted) => resolved(() => takeAll({ clock, usedUntilOf, put }, scope, wanted)),
    lookAll: (scope, wanted) => resolved(() => lookAll({ clock, usedUntilOf }, scope, wanted)),
    enlist: (list, member, until) => resolved(() => lists.enlist(list, member, until)),
    delist: (list, member) => resolved(() => lists.delist(list, member)),
    listed: (list) => resolved(() => lists.listed(list)),
    deleteTenant: (tenantId) =>
      resolved(() => {
        for (const key of values.keys()) if (key.startsWith(`${tenantId}:`)) values.delete(key);
        lists.deleteBelow(`${tenantId}:`);
      }),
    ping: () => Promise.resolve(),
    close: () =>
      resolved(() => {
        values.clear();
        lists.clear();
      }),
  };
}

interface TakeParts {
  readonly clock: Clock;
  readonly usedUntilOf: (key: string) => number;
  readonly put: (key: string, value: string, ttlSeconds: number) => void;
}

function takeAll({ clock, usedUntilOf, put }: TakeParts, scope: string, wanted: readonly Allowance[]) {
  const now = clock.now() * 1000;
  const keys = wanted.map(({ key }) => `${scope}:${key}`);
  const measures = wanted.map(measureOf);
  const { fits, usedUntil } = takeAllowances(now, measures, keys.map(usedUntilOf));
  for (const [place, key] of keys.entries()) {
    const until = usedUntil[place] ?? now;
    if (fits.every(Boolean)) put(key, String(until), (until - now) / 1_000_000);
  }
  return measures.map((measure, place) =>
    describeTaken(fits[place] ?? false, (usedUntil[place] ?? now) - now, measure),
  );
}

function lookAll({ clock, usedUntilOf }: Omit<TakeParts, 'put'>, scope: string, wanted: readonly Allowance[]) {
  const now = clock.now() * 1000;
  const measures = wanted.map(measureOf);
  const used = wanted.map(({ key }) => usedUntilOf(`${scope}:${key}`));
  const { fits, usedUntil } = lookAtAllowances(now, measures, used);
  return measures.map((measure, place) =>
    describeTaken(fits[place] ?? false, (usedUntil[place] ?? now) - now, measure),
  );
}

function wholeNumber(text: string): number {
  if (!/^-?\d+$/u.test(text)) throw new MeshError('invalid_state', 'The value is not a counter.');
  return Number(text);
}

/** Runs at once, and rejects rather than throws. */
async function resolved<Result>(work: () => Result): Promise<Result> {
  return work();
}
