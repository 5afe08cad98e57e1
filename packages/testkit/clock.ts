import type { Clock } from '@devmesh/foundation';

/** A clock that stands still until it is told to go on. */
export interface FakeClock extends Clock {
  /** Moves time forward and wakes, in order, the sleepers whose time has come. */
  advance(milliseconds: number): Promise<void>;
  /** How many sleep now. */
  sleepers(): number;
}

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** A clock that shows `startsAt` (Unix milliseconds). */
export function fakeClock(startsAt = Date.UTC(2026, 0, 1)): FakeClock {
  const sleeping = new Set<Sleeper>();
  let now = startsAt;

  const next = (until: number): Sleeper | undefined =>
    [...sleeping].filter(({ wakesAt }) => wakesAt <= until).sort((one, other) => one.wakesAt - other.wakesAt)[0];

  const sleep = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve();
        return;
      }
      const finish = (): void => {
        sleeping.delete(sleeper);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const sleeper = { wakesAt: now + milliseconds, wake: finish };
      sleeping.add(sleeper);
      signal?.addEventListener('abort', finish, { once: true });
    });

  return {
    now: () => now,
    sleep,
    sleepers: () => sleeping.size,
    advance: async (milliseconds) => {
      const until = now + milliseconds;
      for (let sleeper = next(until); sleeper !== undefined; sleeper = next(until)) {
        now = Math.max(now, sleeper.wakesAt);
        sleeper.wake();
        // Whoever was woken may fall asleep again before the time that is left has passed.
        await new Promise(setImmediate);
      }
      now = until;
    },
  };
}
