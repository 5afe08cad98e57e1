import { MeshError } from '@devmesh/foundation';

/**
 * Lets one holder in at a time: those of one lane in the order of asking, and the lanes in turns, so that who asks much keeps nobody else
 * waiting for longer than others take who ask at all.
 */
export interface FairMutex {
  /** Resolves to the function that lets the next one in; throws `unavailable` after `waitMilliseconds`. */
  acquire(lane: string, waitMilliseconds: number): Promise<() => void>;
}

/** Builds a free mutex; `name` is what the message of a time-out calls it. */
export function createFairMutex(name: string): FairMutex {
  // The lane whose turn is next comes first.
  const lanes = new Map<string, Set<() => void>>();
  let held = false;

  const take = (lane: string, enter: () => void): void => {
    const waiting = lanes.get(lane);
    waiting?.delete(enter);
    if (waiting?.size === 0) lanes.delete(lane);
  };

  const release = (): void => {
    for (const [lane, waiting] of lanes) {
      for (const enter of waiting) {
        lanes.delete(lane);
        lanes.set(lane, waiting);
        take(lane, enter);
        enter();
        return;
      }
    }
    held = false;
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
    acquire: async (lane, waitMilliseconds) => {
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
          take(lane, enter);
          const sentence = `${name} was busy for ${String(waitMilliseconds)} ms.`;
          reject(new MeshError('unavailable', sentence, { retryAfterSeconds: 1 }));
        }, waitMilliseconds);
        const waiting = lanes.get(lane) ?? new Set();
        lanes.set(lane, waiting.add(enter));
      });
    },
  };
}
