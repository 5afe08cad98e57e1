import { MeshError, Secret, type Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { CacheReports } from './cache-reports.ts';

/** A value, or that there is none, with the size of its JSON. */
export interface Kept<Value> {
  readonly value: Value | undefined;
  readonly bytes: number;
}

interface NearCacheOptions {
  readonly clock: Clock;
  readonly reports: CacheReports;
  /** How long an entry is kept. */
  readonly seconds: (absent: boolean) => number;
  readonly maximumEntries: number;
  readonly maximumBytes: number;
}

/** The first level: the memory of this process. */
export interface NearCache<Value> {
  get(tenantId: string, key: string): Kept<Value> | undefined;
  put(tenantId: string, key: string, kept: Kept<Value>): void;
  drop(tenantId: string): void;
  clear(): void;
}

/** Bounded by number and bytes; what was used longest ago goes first. */
export function createNearCache<Value>(options: NearCacheOptions): NearCache<Value> {
  const { clock, reports } = options;
  const entries = new LRUCache<string, Kept<Value> & { readonly until: number }>({
    max: options.maximumEntries,
    maxSize: options.maximumBytes,
    sizeCalculation: ({ bytes }, id) => bytes + id.length + 64,
  });
  return {
    get: (tenantId, key) => {
      const id = idOf(tenantId, key);
      const entry = entries.get(id);
      if (entry === undefined) {
        reports.read('near', 'miss');
      } else if (entry.until <= clock.now()) {
        entries.delete(id);
        reports.read('near', 'stale');
      } else {
        reports.read('near', entry.value === undefined ? 'absent' : 'hit');
        return entry;
      }
      return undefined;
    },
    put: (tenantId, key, kept) => {
      const until = clock.now() + options.seconds(kept.value === undefined) * 1000;
      entries.set(idOf(tenantId, key), { ...kept, until });
    },
    drop: (tenantId) => {
      for (const id of entries.keys()) if (id.startsWith(`${tenantId}:`)) entries.delete(id);
    },
    clear: () => {
      entries.clear();
    },
  };
}

function idOf(tenantId: string, key: string): string {
  return `${tenantId}:${key}`;
}

/** The bytes of a value's JSON. Throws `internal` for a value that holds a Secret: a cache is no place for it. */
export function sizeOf(value: unknown): number {
  return value === undefined ? 0 : Buffer.byteLength(textOf(value));
}

/** The JSON of a value without secrets. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, function refuseSecrets(this: Readonly<Record<string, unknown>>, name, member: unknown) {
    // By now a Secret has become `[redacted]`; what it was is still in its place.
    if (this[name] instanceof Secret) throw new MeshError('internal', 'A value for a cache holds a secret.');
    return member;
  });
}
