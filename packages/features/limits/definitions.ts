import type { Clock, Telemetry } from '@devmesh/foundation';
import { createCache, type Bell, type Cache, type Database, type KeyValue } from '@devmesh/infrastructure';
import type { LimitDefinition } from './definition.ts';
import { selectLimits } from './store.ts';

interface DefinitionsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

/** The limits of organizations, kept until they change: a request that finds them here asks no database. */
export interface Definitions {
  of(tenantId: string): Promise<readonly LimitDefinition[]>;
  /** Does work that changes the limits of an organization: whoever hears of the change is held to it. */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** The definitions over a cache. */
export function createDefinitions({ database, ...engines }: DefinitionsOptions): Definitions {
  const cache: Cache<readonly LimitDefinition[]> = createCache({
    ...engines,
    name: 'limits',
    ttlSeconds: 300,
    nearSeconds: 30,
    decode: (stored) => (Array.isArray(stored) && stored.every(isDefinition) ? stored : undefined),
  });
  return {
    of: async (tenantId) => (await cache.read(tenantId, 'all', () => database.tenant(tenantId, selectLimits))) ?? [],
    change: (tenantId, work) => cache.change(tenantId, work),
    close: () => cache.close(),
  };
}

function isDefinition(stored: unknown): stored is LimitDefinition {
  if (typeof stored !== 'object' || stored === null) return false;
  const row = stored as Readonly<Record<string, unknown>>;
  return (
    ['scope', 'subject', 'updatedAt'].every((name) => typeof row[name] === 'string') &&
    ['limit', 'windowSeconds'].every((name) => Number.isSafeInteger(row[name]))
  );
}
