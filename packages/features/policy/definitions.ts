import type { Telemetry } from '@devmesh/foundation';
import { createCache, type Bell, type Cache, type Database, type KeyValue } from '@devmesh/infrastructure';
import { selectCurrent } from './store.ts';

interface DefinitionsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
}

/** The policies that hold in an organization. */
export interface HoldingPolicies {
  readonly revision: number;
  readonly text: string;
}

/** The policies of organizations, kept until they change: a decision that finds them here asks no database. */
export interface Definitions {
  /** Undefined where there never were any. */
  of(tenantId: string): Promise<HoldingPolicies | undefined>;
  /** The same at once, where they are kept in this process; undefined where they are not. */
  known(tenantId: string): { readonly value: HoldingPolicies | undefined } | undefined;
  /** Does work that changes the policies of an organization: whoever hears of the change is held to it. */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** The definitions over a cache. */
export function createDefinitions({ database, ...engines }: DefinitionsOptions): Definitions {
  const cache: Cache<HoldingPolicies> = createCache({
    ...engines,
    name: 'policies',
    ttlSeconds: 300,
    nearSeconds: 10,
    decode: (stored) => (isHolding(stored) ? stored : undefined),
  });
  const load = async (tenantId: string): Promise<HoldingPolicies | undefined> => {
    const current = await database.tenant(tenantId, selectCurrent);
    return current === undefined ? undefined : { revision: current.revision, text: current.text };
  };
  return {
    of: (tenantId) => cache.read(tenantId, 'current', () => load(tenantId)),
    known: (tenantId) => cache.known(tenantId, 'current'),
    change: (tenantId, work) => cache.change(tenantId, work),
    close: () => cache.close(),
  };
}

function isHolding(stored: unknown): stored is HoldingPolicies {
  if (typeof stored !== 'object' || stored === null) return false;
  const { revision, text } = stored as Partial<Record<string, unknown>>;
  return Number.isSafeInteger(revision) && typeof text === 'string';
}
