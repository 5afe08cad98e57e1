/** Wakes whoever follows a tenant's feed in this process. */
export interface Waiters {
  /** Resolves at the next `wake` of the tenant, after `milliseconds`, or on abort, whichever comes first. */
  wait(tenantId: string, milliseconds: number, signal: AbortSignal): Promise<void>;
  wake(tenantId: string): void;
}

/** Builds an empty set of waiters. */
export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  return {
    wait: (tenantId, milliseconds, signal) =>
      new Promise((resolve) => {
        const set = waiting.get(tenantId) ?? new Set();
        waiting.set(tenantId, set);
        const finish = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          set.delete(finish);
          if (set.size === 0 && waiting.get(tenantId) === set) waiting.delete(tenantId);
          resolve();
        };
        const timer = setTimeout(finish, milliseconds);
        signal.addEventListener('abort', finish, { once: true });
        set.add(finish);
        if (signal.aborted) finish();
      }),
    wake: (tenantId) => {
      for (const finish of waiting.get(tenantId) ?? []) finish();
    },
  };
}
