import type { Clock } from '@devmesh/foundation';
import { LRUCache } from 'lru-cache';
import type { KeyValue, Listed } from './port.ts';

/** The lists of key-values in memory. */
export interface Lists {
  enlist(...request: Parameters<KeyValue['enlist']>): readonly string[];
  delist(list: string, member: string): boolean;
  listed(list: string): readonly Listed[];
  /** Deletes the lists whose names begin so. */
  deleteBelow(prefix: string): void;
  clear(): void;
}

/** No lists yet; beyond `maximum` lists, those that were used longest ago are dropped. */
export function createLists(clock: Clock, maximum: number): Lists {
  const lists = new LRUCache<string, Map<string, number>>({ max: maximum });
  const listed = (list: string): readonly Listed[] => {
    const members = [...(lists.get(list) ?? [])].map(([member, endsAt]) => ({ member, endsAt }));
    return members.filter(({ endsAt }) => endsAt > clock.now()).toSorted((a, b) => a.endsAt - b.endsAt);
  };
  const delist = (list: string, member: string): boolean => {
    const members = lists.get(list);
    const alive = (members?.get(member) ?? 0) > clock.now();
    members?.delete(member);
    if (members?.size === 0) lists.delete(list);
    return alive;
  };
  return {
    enlist: (list, member, { ttlSeconds, maximum: most }) => {
      const others = listed(list).filter((other) => other.member !== member);
      const dropped = others.slice(0, Math.max(0, others.length + 1 - most)).map((other) => other.member);
      const kept = others.slice(dropped.length).map((other): [string, number] => [other.member, other.endsAt]);
      lists.set(list, new Map([...kept, [member, clock.now() + Math.max(1, Math.ceil(ttlSeconds * 1000))]]));
      return dropped;
    },
    delist,
    listed,
    deleteBelow: (prefix) => {
      for (const list of lists.keys()) if (list.startsWith(prefix)) lists.delete(list);
    },
    clear: () => {
      lists.clear();
    },
  };
}
