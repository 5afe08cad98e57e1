import { operations } from '@devmesh/api';
import type { Telemetry } from '@devmesh/foundation';
import { createCache, type Bell, type Cache, type Database, type KeyValue } from '@devmesh/infrastructure';
import type { Flag } from './flag.ts';
import { selectFlags } from './store.ts';

interface DefinitionsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
}

/** The flags of organizations, kept until they change: a decision that finds them here asks no database. */
export interface Definitions {
  of(tenantId: string): Promise<readonly Flag[]>;
  /** The same at once, where they are kept in this process. */
  known(tenantId: string): readonly Flag[] | undefined;
  /** Does work that changes the flags of an organization: whoever hears of the change is held to it. */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const shape = operations.flags.list.response.shape.items;

/** The definitions over a cache. */
export function createDefinitions({ database, ...engines }: DefinitionsOptions): Definitions {
  const cache: Cache<readonly Flag[]> = createCache({
    ...engines,
    name: 'flags',
    ttlSeconds: 300,
    nearSeconds: 10,
    decode: (stored) => shape.safeParse(stored).data,
  });
  return {
    of: async (tenantId) => (await cache.read(tenantId, 'all', () => database.tenant(tenantId, selectFlags))) ?? [],
    known: (tenantId) => {
      const kept = cache.known(tenantId, 'all');
      return kept && (kept.value ?? []);
    },
    change: (tenantId, work) => cache.change(tenantId, work),
    close: () => cache.close(),
  };
}
