import type { Tx } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { Rule } from './rules.ts';
import { selectRuleSet } from './store.ts';

/** The rules of tenants as this process remembers them. */
export interface RuleCache {
  /** The enabled rules as of a revision that this transaction has read, or later ones. */
  rulesOf(tx: Tx, tenantId: string, revision: number): Promise<readonly Rule[]>;
}

const mostTenants = 1_000;

/** Remembers the rules of a tenant until their revision grows. */
export function createRuleCache(): RuleCache {
  const remembered = new LRUCache<string, { readonly revision: number; readonly rules: readonly Rule[] }>({
    max: mostTenants,
  });
  return {
    rulesOf: async (tx, tenantId, revision) => {
      const known = remembered.get(tenantId);
      if (known?.revision === revision) return known.rules;
      const read = await selectRuleSet(tx);
      remembered.set(tenantId, read);
      return read.rules;
    },
  };
}
