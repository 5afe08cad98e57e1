import { createGroupModel, type GroupModel } from './contract-model-group.ts';
import type { Backlog, StreamEntry } from './port.ts';

/** What a stream with one topic should have in it. */
export interface TopicModel {
  /** Appends an entry for each of the tenants. */
  append(tenants: readonly string[]): readonly StreamEntry[];
  /** The group, made where it is not there yet. */
  group(name: string): GroupModel;
  /** The group, where it is there. */
  found(name: string): GroupModel | undefined;
  backlog(group: string): Backlog;
  /** How many entries some group still needs, or all while there is no group. */
  present(): number;
  /** Remembers ids that were handed out to a group. */
  handedOut(group: string, entryIds: readonly string[]): void;
  /** Some of those ids, and one that is none. */
  pick(group: string, picked: readonly number[]): readonly string[];
}

/** An empty topic without groups. */
export function createTopicModel(oneRound: boolean): TopicModel {
  const groups = new Map<string, GroupModel>();
  const known = new Map<string, readonly string[]>();
  let appended = 0;
  let present: readonly StreamEntry[] = [];
  const clear = (): void => {
    if (groups.size === 0) return;
    const needed = new Set([...groups.values()].flatMap((group) => group.unfinished()));
    present = present.filter(({ subjectId }) => needed.has(subjectId));
  };
  return {
    append: (tenants) => {
      const entries = tenants.map((tenantId, at) => ({
        tenantId,
        kind: 'test',
        subjectId: `s${String(appended + at)}`,
      }));
      appended += entries.length;
      present = [...present, ...entries];
      for (const group of groups.values()) group.add(entries);
      return entries;
    },
    group: (name) => {
      clear();
      const group = groups.get(name) ?? createGroupModel(present, oneRound);
      groups.set(name, group);
      return group;
    },
    found: (name) => groups.get(name),
    backlog: (name) => {
      clear();
      return groups.get(name)?.backlog() ?? { waiting: present.length, held: 0 };
    },
    present: () => {
      clear();
      return present.length;
    },
    handedOut: (group, entryIds) => {
      known.set(group, [...(known.get(group) ?? []), ...entryIds]);
    },
    pick: (group, picked) => {
      const ids = ['nonsense', ...(known.get(group) ?? [])];
      return [...new Set(picked.map((at) => ids[at % ids.length] ?? ''))];
    },
  };
}
