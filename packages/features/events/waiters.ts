/** A wait that has begun. */
interface Waiting {
  /** Resolves at the next `wake` of the tenant, when time is over, on abort, or when cancelled. */
  readonly over: Promise<void>;
  cancel(): void;
}

interface WaitOptions {
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** Wakes whoever follows a tenant's feed in this process. */
export interface Waiters {
  /** Begins to wait, at once. */
  wait(tenantId: string, options: WaitOptions): Waiting;
  wake(tenantId: string): void;
}

/** Builds an empty set of waiters. */
export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<() => void>>();
  return {
    wait: (tenantId, { milliseconds, signal }) => {
      let cancel: () => void = () => undefined;
      const over = new Promise<void>((resolve) => {
        const set = waiting.get(tenantId) ?? new Set();
        waiting.set(tenantId, set);
        cancel = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', cancel);
          set.delete(cancel);
          if (set.size === 0 && waiting.get(tenantId) === set) waiting.delete(tenantId);
          resolve();
        };
        const timer = setTimeout(cancel, milliseconds);
        signal.addEventListener('abort', cancel, { once: true });
        set.add(cancel);
        if (signal.aborted) cancel();
      });
      return { over, cancel };
    },
    wake: (tenantId) => {
      for (const finish of waiting.get(tenantId) ?? []) finish();
    },
  };
}
