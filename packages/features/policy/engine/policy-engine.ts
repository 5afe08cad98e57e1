import type { Logger } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import { loadCedar } from './cedar.ts';
import type { PolicyIssue } from './compiled-policy.ts';
import { createCompiler } from './compiler.ts';
import { createPolicySet, type PolicySet } from './policy-set.ts';
import { createSlots, type Slots } from './slots.ts';

/** Policies that can be asked, or what is wrong with their text. */
type ReadPolicies =
  | { readonly set: PolicySet; readonly count: number; readonly issues: readonly never[] }
  | { readonly set: undefined; readonly count: 0; readonly issues: readonly PolicyIssue[] };

/** Turns texts into policies that can be asked. */
export interface PolicyEngine {
  /** The policies of a text, remembered by it. Throws `unavailable` where they cannot be read now. */
  read(text: string): Promise<ReadPolicies>;
  close(): Promise<void>;
}

const mostSets = 500;

/** Builds the engine; nothing is loaded before the first text. */
export function createPolicyEngine({ log }: { readonly log: Logger }): PolicyEngine {
  const compiler = createCompiler({ log });
  const known = new LRUCache<string, Promise<ReadPolicies>>({ max: mostSets });
  let slots: Promise<Slots> | undefined;
  let sets = 0;
  const prepare = (): Promise<Slots> => {
    slots ??= loadCedar().then(createSlots);
    return slots;
  };
  const read = async (text: string): Promise<ReadPolicies> => {
    const { policies, issues } = await compiler.compile(text);
    if (issues.length > 0) return { set: undefined, count: 0, issues };
    const set = createPolicySet({ slots: await prepare(), key: String((sets += 1)), policies });
    return { set, count: policies.length, issues: [] };
  };
  return {
    read: (text) => {
      const present = known.get(text);
      if (present !== undefined) return present;
      const reading = read(text);
      known.set(text, reading);
      reading.catch(() => {
        // A failure is told to whoever waits for it, and not remembered.
        known.delete(text);
        slots = undefined;
      });
      return reading;
    },
    close: () => compiler.close(),
  };
}
