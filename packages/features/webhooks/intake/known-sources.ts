import { LRUCache } from 'lru-cache';
import { createSourceLoader, type OpenSource } from './source-loader.ts';

/** What was found, and whether it was read from the database for this very call. */
interface Found {
  readonly source: OpenSource | undefined;
  readonly fresh: boolean;
}

/**
 * Remembers sources, and ids that name none, for a short while and bounded. What it remembers may be out of date: who
 * accepts by it must check the revision as it writes, and who refuses by it must look again first.
 */
export interface KnownSources {
  find(id: string): Promise<Found>;
  /** Reads the source again. */
  refresh(id: string): Promise<OpenSource | undefined>;
}

const maximumSources = 5_000;
const rememberMilliseconds = 300_000;
const maximumUnknown = 10_000;
const rememberUnknownMilliseconds = 10_000;

/** Builds the memory of one process. */
export function createKnownSources(options: Parameters<typeof createSourceLoader>[0]): KnownSources {
  const sources = new LRUCache<string, OpenSource>({ max: maximumSources, ttl: rememberMilliseconds });
  const unknown = new LRUCache<string, true>({ max: maximumUnknown, ttl: rememberUnknownMilliseconds });
  const loader = createSourceLoader(options, (id) => sources.get(id));
  const refresh = async (id: string): Promise<OpenSource | undefined> => {
    const source = await loader.load(id);
    if (source === undefined) {
      sources.delete(id);
      unknown.set(id, true);
    } else {
      sources.set(id, source);
      unknown.delete(id);
    }
    return source;
  };
  return {
    find: async (id) => {
      const source = sources.get(id);
      if (source !== undefined || unknown.has(id)) return { source, fresh: false };
      return { source: await refresh(id), fresh: true };
    },
    refresh,
  };
}
