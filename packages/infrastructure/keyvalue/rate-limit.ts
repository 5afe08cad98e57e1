import { MeshError } from '@devmesh/foundation';
import type { KeyValue, Taken } from './port.ts';

/** How much is allowed: `limit` at once, refilled evenly over the window. */
export interface Limit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** Decides whether one more request is within its limit. */
export interface RateLimit {
  /** Takes one from the allowance of `key`; exact across every process that shares the key-values. */
  check(key: string, limit: Limit): Promise<Taken>;
}

/** Rate limits over key-values; `name` keeps one kind of limit apart from the others. */
export function createRateLimit({ keyvalue, name }: { keyvalue: KeyValue; name: string }): RateLimit {
  return {
    check: async (key, { limit, windowSeconds }) => {
      if (!Number.isInteger(limit) || limit < 1 || !(windowSeconds > 0)) {
        throw new MeshError('invalid_request', 'A rate limit is a whole number of at least 1 in a time above 0.');
      }
      // The numbers are in the key, so that a changed limit starts afresh instead of reading the old one's state.
      return keyvalue.take(`${key}:${name}:${String(limit)}/${String(windowSeconds)}`, limit, windowSeconds);
    },
  };
}
