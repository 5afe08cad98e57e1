import { LRUCache } from 'lru-cache';
import type { SearchState } from './store.ts';
import type { ToolIndex } from './tool-index.ts';

/** Indexes that were built, each as long as the tools of its organization stay as they are. */
export interface KeptIndexes {
  /** The index of that very state; many that ask at once wait for one building. */
  get(tenantId: string, state: SearchState): Promise<ToolIndex>;
}

interface Kept {
  readonly state: SearchState;
  readonly index: Promise<ToolIndex>;
}

/** Tools of all organizations that one process keeps ready. */
const mostToolsKept = 40_000;

/** Keeps none yet; the organizations that search least are forgotten first. */
export function createKeptIndexes(
  build: (of: { readonly tenantId: string; readonly state: SearchState }) => Promise<ToolIndex>,
): KeptIndexes {
  const indexes = new LRUCache<string, Kept>({ maxSize: mostToolsKept, sizeCalculation: () => 1 });
  const settle = async (tenantId: string, kept: Kept): Promise<void> => {
    const built = await kept.index.catch(() => undefined);
    if (indexes.peek(tenantId) !== kept) return;
    // What failed is built again for the next who asks.
    if (built === undefined) indexes.delete(tenantId);
    else indexes.set(tenantId, kept, { size: Math.max(1, built.rows.length) });
  };
  return {
    get: (tenantId, state) => {
      const known = indexes.get(tenantId);
      if (known !== undefined && isSame(known.state, state)) return known.index;
      const kept = { state, index: build({ tenantId, state }) };
      indexes.set(tenantId, kept);
      void settle(tenantId, kept);
      return kept.index;
    },
  };
}

function isSame(one: SearchState, other: SearchState): boolean {
  return one.revision === other.revision && one.embeddedRevision === other.embeddedRevision;
}
