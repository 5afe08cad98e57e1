import type { Telemetry } from '@devmesh/foundation';

/**
 * How a look into one level ended. `absent`: it remembers that there is nothing. `stale`: its time or generation is over.
 * `refused`: it does not decode. `foreign`: it is another tenant's or key's.
 */
type ReadResult = 'hit' | 'absent' | 'miss' | 'stale' | 'refused' | 'foreign';

/** What a cache counts. */
export interface CacheReports {
  read(level: 'near' | 'far', result: ReadResult): void;
  /** A look into the second level, or a note in it, that was left out because it is away. */
  away(): void;
  load<Value>(load: () => Promise<Value | undefined>): Promise<Value | undefined>;
}

/** Counts under the name of the cache. */
export function createCacheReports(cache: string, { metrics }: Telemetry): CacheReports {
  return {
    read: (level, result) => {
      metrics.count('devmesh_cache_reads_total', { cache, level, result });
    },
    away: () => {
      metrics.count('devmesh_cache_away_total', { cache });
    },
    load: async (load) => {
      const startedAt = performance.now();
      let outcome = 'failed';
      try {
        const value = await load();
        outcome = value === undefined ? 'absent' : 'found';
        return value;
      } finally {
        metrics.count('devmesh_cache_loads_total', { cache, outcome });
        metrics.time('devmesh_cache_load_seconds', (performance.now() - startedAt) / 1000, { cache });
      }
    },
  };
}
