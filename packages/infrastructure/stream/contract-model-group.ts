import { expect } from 'vitest';
import type { Backlog, Delivery, Reader, StreamEntry } from './port.ts';

export type Who = Pick<Reader, 'group' | 'consumer'>;

/** What a read was asked for, and what it handed out. */
interface SeenRead {
  readonly count: number;
  readonly except: readonly string[];
  readonly batch: readonly Delivery[];
}

interface Progress {
  readonly entry: StreamEntry;
  deliveries: number;
  /** Who holds it; undefined while it is unread. */
  consumer: string | undefined;
  entryId: string | undefined;
}

/** What one group should have before it; what it is handed out is checked against this. */
export interface GroupModel {
  add(entries: readonly StreamEntry[]): void;
  read(who: Who, seen: SeenRead): void;
  claim(who: Who, seen: Pick<SeenRead, 'count' | 'batch'>): void;
  release(who: Who, entryIds: readonly string[]): void;
  acknowledge(entryIds: readonly string[]): void;
  backlog(): Backlog;
  /** Subjects that were not acknowledged. */
  unfinished(): readonly string[];
}

/** A group that has read none of these entries yet. */
export function createGroupModel(left: readonly StreamEntry[], oneRound: boolean): GroupModel {
  const entries = new Map<string, Progress>();
  const line = createLine();
  const unread = (): readonly Progress[] => [...entries.values()].filter(({ consumer }) => consumer === undefined);
  const ready = (): ReadonlySet<string> => new Set(unread().map(({ entry }) => entry.tenantId));
  const held = (entryId: string): Progress | undefined =>
    [...entries.values()].find((each) => each.entryId === entryId && each.consumer !== undefined);
  const take = (who: Who, delivery: Delivery, progress: Progress | undefined): void => {
    expect(delivery).toMatchObject({ ...progress?.entry, deliveries: (progress?.deliveries ?? 0) + 1 });
    if (progress?.entryId !== undefined) expect(delivery.entryId).toBe(progress.entryId);
    const { deliveries, entryId } = delivery;
    Object.assign(progress ?? {}, { deliveries, consumer: who.consumer, entryId });
  };
  const add: GroupModel['add'] = (more) => {
    for (const entry of more) {
      entries.set(entry.subjectId, { entry, deliveries: 0, consumer: undefined, entryId: undefined });
    }
  };
  add(left);
  return {
    add,
    read: (who, { count, except, batch }) => {
      const tenants = [...ready()].filter((tenantId) => !except.includes(tenantId)).length;
      expect(batch.length).toBeLessThanOrEqual(count);
      expect(batch.length).toBeGreaterThanOrEqual(Math.min(oneRound ? count : 1, tenants));
      for (const delivery of batch) {
        expect(except).not.toContain(delivery.tenantId);
        if (oneRound) line.serve(delivery.tenantId, ready(), except);
        const first = unread().find(({ entry }) => entry.tenantId === delivery.tenantId);
        expect(first?.entry.subjectId).toBe(delivery.subjectId);
        take(who, delivery, first);
      }
    },
    claim: (who, { count, batch }) => {
      expect(batch).toHaveLength(Math.min(count, entries.size - unread().length));
      expect(new Set(batch.map(({ subjectId }) => subjectId)).size).toBe(batch.length);
      for (const delivery of batch) take(who, delivery, held(delivery.entryId));
    },
    release: (who, entryIds) => {
      for (const progress of entryIds.map(held)) {
        if (progress?.consumer !== who.consumer) continue;
        Object.assign(progress, { deliveries: progress.deliveries - 1, consumer: undefined });
      }
    },
    acknowledge: (entryIds) => {
      for (const progress of entryIds.map(held)) if (progress !== undefined) entries.delete(progress.entry.subjectId);
    },
    backlog: () => ({ waiting: unread().length, held: entries.size - unread().length }),
    unfinished: () => [...entries.keys()],
  };
}

/** Watches that a tenant that waits sees every other one served once at most before it is its own turn. */
function createLine(): { serve(tenant: string, ready: ReadonlySet<string>, except: readonly string[]): void } {
  let passedBy = new Map<string, ReadonlySet<string>>();
  return {
    serve: (tenant, ready, except) => {
      const waiting = [...ready].filter((other) => other !== tenant);
      passedBy = new Map(
        waiting.map((other) => {
          const before = passedBy.get(other) ?? new Set();
          // A reader that leaves a tenant out may pass its place in the round: it begins to wait anew.
          if (except.includes(other)) return [other, new Set()];
          expect(before, 'a tenant was served twice while another waited').not.toContain(tenant);
          return [other, new Set([...before, tenant])];
        }),
      );
    },
  };
}
