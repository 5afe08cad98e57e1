/** A wait that has begun. */
interface Waiting {
  /** Resolves at the next `wake` of the tenant, when time is over, on abort, or when cancelled; tells whether it was woken. */
  readonly over: Promise<boolean>;
  cancel(): void;
}

interface WaitOptions {
  /** Types that it is not to be woken for. */
  readonly without?: ReadonlySet<string> | undefined;
  readonly milliseconds: number;
  readonly signal: AbortSignal;
}

/** Wakes whoever follows a tenant's feed in this process. */
export interface Waiters {
  /** Begins to wait, at once. */
  wait(tenantId: string, options: WaitOptions): Waiting;
  /** Wakes those who wait for one of these types; all where none is given. */
  wake(tenantId: string, types?: readonly string[]): void;
}

/** Builds an empty set of waiters. */
export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<(types: readonly string[]) => void>>();
  return {
    wait: (tenantId, { milliseconds, signal, without }) => {
      let cancel: () => void = () => undefined;
      const over = new Promise<boolean>((resolve) => {
        const set = waiting.get(tenantId) ?? new Set();
        waiting.set(tenantId, set);
        const finish = (woken: boolean): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', cancel);
          set.delete(wake);
          if (set.size === 0 && waiting.get(tenantId) === set) waiting.delete(tenantId);
          resolve(woken);
        };
        const wake = (types: readonly string[]): void => {
          if (without === undefined || types.length === 0 || types.some((type) => !without.has(type))) finish(true);
        };
        cancel = () => finish(false);
        const timer = setTimeout(cancel, milliseconds);
        signal.addEventListener('abort', cancel, { once: true });
        set.add(wake);
        if (signal.aborted) cancel();
      });
      return { over, cancel };
    },
    wake: (tenantId, types = []) => {
      for (const wake of waiting.get(tenantId) ?? []) wake(types);
    },
  };
}
