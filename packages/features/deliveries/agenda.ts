/** Which organizations are to be looked at, and when. Times are milliseconds of any clock. */
export interface Agenda {
  /** Look at it at once. */
  add(tenantId: string): void;
  /** Look again soon, later each time, until a regular look would come anyway. */
  addAgain(tenantId: string, now: number): void;
  /** Takes out whose time has come. */
  take(now: number): readonly string[];
  /** When the next one is due; undefined where none is. */
  next(): number | undefined;
  /** Something was found: what comes next is looked for quickly again. */
  found(tenantId: string): void;
}

const firstPause = 50;

/** An empty agenda; `longestPause` is the time between regular looks. */
export function createAgenda(longestPause: number): Agenda {
  const due = new Map<string, number>();
  const pauses = new Map<string, number>();
  return {
    add: (tenantId) => {
      due.set(tenantId, Number.NEGATIVE_INFINITY);
    },
    addAgain: (tenantId, now) => {
      const pause = pauses.get(tenantId) ?? firstPause;
      if (pause >= longestPause) {
        pauses.delete(tenantId);
        return;
      }
      pauses.set(tenantId, pause * 2);
      due.set(tenantId, Math.min(due.get(tenantId) ?? Number.POSITIVE_INFINITY, now + pause));
    },
    take: (now) => {
      const ready = [...due].filter(([, at]) => at <= now).map(([tenantId]) => tenantId);
      for (const tenantId of ready) due.delete(tenantId);
      return ready;
    },
    next: () => (due.size === 0 ? undefined : Math.min(...due.values())),
    found: (tenantId) => {
      pauses.delete(tenantId);
    },
  };
}
