import { setImmediate } from 'node:timers/promises';
import { MeshError } from '@devmesh/foundation';
import type { RequestId } from './message.ts';

/** The requests of one connection that are being worked on. */
export interface PendingRequests {
  size(): number;
  /** Runs work under an id. Throws `rate_limited` over the maximum and `invalid_message` where the id is in use. */
  run<Result>(id: RequestId, work: (signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Aborts the work of that id, if there is any. */
  cancel(id: unknown): void;
  cancelAll(): void;
  /** Resolves when the work that is now pending has settled and its results have reached their callers. */
  idle(): Promise<void>;
}

/** Keeps at most `maximum` requests going at once. */
export function createPendingRequests(maximum: number): PendingRequests {
  const entries = new Map<unknown, { readonly abort: AbortController; readonly done: Promise<unknown> }>();

  const check = (id: RequestId): void => {
    if (entries.has(id)) {
      throw new MeshError('invalid_message', 'The id is in use by a request that has not been answered.');
    }
    if (entries.size >= maximum) {
      throw new MeshError('rate_limited', `This session already has ${String(maximum)} requests in progress.`, {
        retryAfterSeconds: 1,
      });
    }
  };

  return {
    size: () => entries.size,
    run: async (id, work) => {
      check(id);
      const abort = new AbortController();
      const done = work(abort.signal);
      entries.set(id, { abort, done });
      try {
        return await done;
      } finally {
        entries.delete(id);
      }
    },
    cancel: (id) => entries.get(id)?.abort.abort(),
    cancelAll: () => {
      for (const { abort } of entries.values()) abort.abort();
    },
    idle: async () => {
      if (entries.size === 0) return;
      await Promise.allSettled([...entries.values()].map(({ done }) => done));
      // A turn for the transport, so that the responses are written before it closes.
      await setImmediate();
    },
  };
}
