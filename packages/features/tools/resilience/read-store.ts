import type { GuardedResponse } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { Keeping } from './freshness.ts';

/** An answer that was kept. */
export interface KeptRead {
  readonly origin: string;
  readonly response: GuardedResponse;
  readonly keeping: Keeping;
  readonly freshUntil: number;
}

/** Answers of reads by tenant and key, in the memory of this process; the least used go first. */
export interface ReadStore {
  get(tenantId: string, key: string): KeptRead | undefined;
  /** Keeps it, unless it is too large. */
  put(tenantId: string, key: string, kept: KeptRead): void;
  drop(tenantId: string, key: string): void;
  /** Drops what came from an origin. */
  dropOrigin(tenantId: string, origin: string): void;
}

interface ReadStoreBounds {
  readonly tenants: number;
  readonly entriesOfTenant: number;
  readonly bytesOfTenant: number;
  readonly bytesOfEntry: number;
}

/** At most 64 MiB in all. */
const bounds: ReadStoreBounds = {
  tenants: 32,
  entriesOfTenant: 500,
  bytesOfTenant: 2 * 1024 * 1024,
  bytesOfEntry: 256 * 1024,
};

/** What an entry takes besides its body. */
const entryBytes = 2_048;

/** Builds an empty store. */
export function createReadStore(limits: ReadStoreBounds = bounds): ReadStore {
  const tenants = new LRUCache<string, LRUCache<string, KeptRead>>({ max: limits.tenants });
  const newTenant = (): LRUCache<string, KeptRead> =>
    new LRUCache({
      max: limits.entriesOfTenant,
      maxSize: limits.bytesOfTenant,
      maxEntrySize: limits.bytesOfEntry,
      sizeCalculation: ({ response }) => response.body.byteLength + entryBytes,
    });
  return {
    get: (tenantId, key) => tenants.get(tenantId)?.get(key),
    put: (tenantId, key, kept) => {
      const entries = tenants.get(tenantId) ?? newTenant();
      tenants.set(tenantId, entries);
      entries.set(key, kept);
    },
    drop: (tenantId, key) => tenants.get(tenantId)?.delete(key),
    dropOrigin: (tenantId, origin) => {
      const entries = tenants.get(tenantId);
      for (const [key, kept] of entries?.entries() ?? []) if (kept.origin === origin) entries?.delete(key);
    },
  };
}
