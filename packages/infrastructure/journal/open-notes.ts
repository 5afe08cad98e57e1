/** Knows the open notes of each group, and tells who waits when those are closed that were open then. */
export interface OpenNotes {
  readonly size: number;
  /** Opens one; closes it by its number. */
  opened(group: string): number;
  closed(group: string, number: number): void;
  done(group: string): Promise<void>;
}

interface Group {
  /** The oldest first. */
  readonly open: Set<number>;
  /** The first to ask first. */
  readonly waiting: { readonly until: number; readonly resolve: () => void }[];
}

/** Knows of none yet. */
export function createOpenNotes(): OpenNotes {
  const groups = new Map<string, Group>();
  let size = 0;
  let latest = 0;
  return {
    get size() {
      return size;
    },
    opened: (name) => {
      size += 1;
      latest += 1;
      const group = groups.get(name) ?? { open: new Set(), waiting: [] };
      groups.set(name, group);
      group.open.add(latest);
      return latest;
    },
    closed: (name, number) => {
      const group = groups.get(name);
      if (group?.open.delete(number) !== true) return;
      size -= 1;
      const [oldest = Infinity] = group.open;
      while ((group.waiting[0]?.until ?? Infinity) < oldest) group.waiting.shift()?.resolve();
      if (group.open.size === 0) groups.delete(name);
    },
    done: async (name) => {
      const group = groups.get(name);
      if (group === undefined) return;
      await new Promise<void>((resolve) => {
        group.waiting.push({ until: latest, resolve });
      });
    },
  };
}
