import type { PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { LRUCache } from 'lru-cache';
import type { Cedar } from './cedar.ts';

/** The engine with the parts of policies that it has ready. */
export interface Slots {
  readonly cedar: Cedar;
  /** The name under which the engine has these policies ready. */
  readonly ready: (key: string, policies: () => Readonly<Record<string, PolicyJson>>) => string;
}

const most = 1_000;

/** The engine keeps what it was given for ever under its name, so names are given anew when they were not used for long. */
export function createSlots(cedar: Cedar): Slots {
  const free: string[] = [];
  const used = new LRUCache<string, string>({
    max: most,
    dispose: (slot) => {
      free.push(slot);
    },
  });
  let made = 0;
  return {
    cedar,
    ready: (key, policies) => {
      const known = used.get(key);
      if (known !== undefined) return known;
      const slot = free.pop() ?? `slot${String((made += 1))}`;
      const answer = cedar.preparsePolicySet(slot, { staticPolicies: policies() });
      if (answer.type === 'failure') throw new Error('Checked policies could not be made ready.');
      used.set(key, slot);
      return slot;
    },
  };
}
