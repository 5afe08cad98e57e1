import { newId, systemClock, type Clock, type NewId } from '@devmesh/foundation';
import type { KeyValue } from './port.ts';

interface LocksOptions {
  readonly keyvalue: KeyValue;
  readonly clock?: Clock;
  readonly newId?: NewId;
}

/** A lock that is held until it is released or its time is over. */
export interface Lock {
  /** Grows with every acquisition of the name: what the lock guards refuses a fence lower than one it has seen. */
  readonly fence: number;
  /** Holds on for `ttlSeconds` from now; false where the lock was lost. */
  extend(ttlSeconds: number): Promise<boolean>;
  /** Gives it back; false where it had been lost already. Never takes it from the next owner. */
  release(): Promise<boolean>;
}

/** Mutual exclusion for as long as the key-values live. It saves double work; where data is at stake, use a lease in the database. */
export interface Locks {
  /** The lock, or undefined while somebody else holds it. */
  acquire(name: string, ttlSeconds: number): Promise<Lock | undefined>;
}

const fenceSeconds = 30 * 24 * 3600;

/**
 * Locks over key-values. Fences grow even where counters are forgotten (a flush, a lost server): a counter starts from the
 * time, and never below a fence that this process gave or a time that it saw. Across processes this holds as long as
 * their clocks differ by less than the forgotten counter had lived.
 */
export function createLocks(options: LocksOptions): Locks {
  const { keyvalue, clock = systemClock } = options;
  const token = options.newId ?? newId;
  let highest = 0;
  const nextFence = async (name: string): Promise<number> => {
    const key = `${name}:fence`;
    highest = Math.max(highest, clock.now() * 1000);
    await keyvalue.setIfAbsent(key, String(highest), fenceSeconds);
    const fence = await keyvalue.increment(key, 1, fenceSeconds);
    highest = Math.max(highest, fence);
    return fence;
  };
  return {
    acquire: async (name, ttlSeconds) => {
      const key = `${name}:lock`;
      const owner = token();
      if (!(await keyvalue.setIfAbsent(key, owner, ttlSeconds))) return undefined;
      const fence = await nextFence(name);
      // Still the owner after counting: so nobody can have owned it, and counted, in between.
      if (!(await keyvalue.replace(key, owner, owner, ttlSeconds))) return undefined;
      return {
        fence,
        extend: (seconds) => keyvalue.replace(key, owner, owner, seconds),
        release: () => keyvalue.delete(key, owner),
      };
    },
  };
}
