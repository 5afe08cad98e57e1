import { performance } from 'node:perf_hooks';
import { MeshError } from '@devmesh/foundation';

/** A budget of time for everything that one arrival waits for on our side; what the sender takes is not counted. */
export interface Deadline {
  /** Waits for `work`, spending the budget; throws `unavailable` when it is used up. The work itself goes on. */
  wait<Result>(work: Promise<Result>): Promise<Result>;
}

/** A deadline of `milliseconds` in all. */
export function createDeadline(milliseconds: number): Deadline {
  let left = milliseconds;
  return {
    wait: async (work) => {
      const startedAt = performance.now();
      try {
        return await within(work, Math.max(0, left));
      } finally {
        left -= performance.now() - startedAt;
      }
    },
  };
}

function within<Result>(work: Promise<Result>, milliseconds: number): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const sentence = 'The database did not answer in time; send the webhook again, it is stored only once.';
      reject(new MeshError('unavailable', sentence, { retryAfterSeconds: 2 }));
    }, milliseconds);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
