import { createCache, type Bell, type Cache, type Database, type KeyValue } from '@devmesh/infrastructure';
import type { Telemetry } from '@devmesh/foundation';
import { selectCallable, selectCatalogue, type CallableRow, type OperationRow } from './store.ts';

interface CatalogueOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly telemetry: Telemetry;
}

/** The tools of organizations as every session lists them, kept until they change. */
export interface Catalogue {
  /** By name, one more than `limit`. */
  page(tenantId: string, after: string | undefined, limit: number): Promise<readonly OperationRow[]>;
  /** What a call of a tool needs; undefined where there is none of that name. */
  callable(tenantId: string, name: string): Promise<CallableRow | undefined>;
  /** Does work that changes the tools of an organization: whoever hears of the change finds it in the catalogue. */
  change<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** The catalogue over a cache. */
export function createCatalogue({ database, ...engines }: CatalogueOptions): Catalogue {
  const cache: Cache<readonly OperationRow[]> = createCache({
    ...engines,
    name: 'tool_catalogue',
    ttlSeconds: 60,
    decode: (stored) => (Array.isArray(stored) && stored.every(isOperation) ? stored : undefined),
  });
  // What calls need differs between processes by nothing but a lost ring, so it stays in this one: it is read at every call.
  const callables = createCache<CallableRow>({
    ...engines,
    keyvalue: { ...engines.keyvalue, shared: false },
    name: 'callable_tools',
    ttlSeconds: 60,
    decode: () => undefined,
  });
  return {
    callable: (tenantId, name) =>
      callables.read(tenantId, name, () => database.tenant(tenantId, (tx) => selectCallable(tx, name))),
    page: async (tenantId, after, limit) => {
      const load = (): Promise<readonly OperationRow[]> =>
        database.tenant(tenantId, (tx) => selectCatalogue(tx, after, limit));
      return (await cache.read(tenantId, `${String(limit)} ${after ?? ''}`, load)) ?? [];
    },
    change: (tenantId, work) => cache.change(tenantId, () => callables.change(tenantId, work)),
    close: async () => {
      await cache.close();
      await callables.close();
    },
  };
}

const texts = ['name', 'title', 'description', 'service', 'method', 'server'] as const;
const objects = ['inputSchema', 'annotations', 'tags'] as const;

function isOperation(stored: unknown): stored is OperationRow {
  if (typeof stored !== 'object' || stored === null) return false;
  const row = stored as Readonly<Record<string, unknown>>;
  const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
  if (typeof row['outputSchema'] !== 'object') return false;
  return texts.every((name) => typeof row[name] === 'string') && objects.every((name) => isObject(row[name]));
}
