import { MeshError } from '@devmesh/foundation';

/** Lets one holder in at a time, in the order of asking. */
export interface FairMutex {
  /** Resolves to the function that lets the next one in; throws `unavailable` after `waitMilliseconds`. */
  acquire(waitMilliseconds: number): Promise<() => void>;
}

/** Builds a free mutex; `name` is what the message of a time-out calls it. */
export function createFairMutex(name: string): FairMutex {
  const waiting = new Set<() => void>();
  let held = false;

  const release = (): void => {
    const [next] = waiting;
    if (next === undefined) {
      held = false;
      return;
    }
    waiting.delete(next);
    next();
  };

  const grant = (): (() => void) => {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      release();
    };
  };

  return {
    acquire: async (waitMilliseconds) => {
      if (!held) {
        held = true;
        return grant();
      }
      return new Promise((resolve, reject) => {
        const enter = (): void => {
          clearTimeout(timer);
          resolve(grant());
        };
        const timer = setTimeout(() => {
          waiting.delete(enter);
          const sentence = `${name} was busy for ${String(waitMilliseconds)} ms.`;
          reject(new MeshError('unavailable', sentence, { retryAfterSeconds: 1 }));
        }, waitMilliseconds);
        waiting.add(enter);
      });
    },
  };
}
