import { once } from 'node:events';
import { vi } from 'vitest';
import type { RequestContext } from '../handlers.ts';
import type { RequestId } from '../message.ts';

/** Holds requests until a test lets them go. */
export interface Gate {
  /** Resolves when the gate is released or the request is aborted. */
  readonly pass: (context: RequestContext) => Promise<string>;
  /** Resolves when `count` requests in all have come to the gate. */
  readonly waiting: (count: number) => Promise<void>;
  readonly release: () => void;
  /** The requests that were aborted at the gate. */
  readonly aborted: RequestId[];
}

/** Creates a closed gate. */
export function createGate(): Gate {
  const released = new AbortController();
  const aborted: RequestId[] = [];
  const arrived: RequestId[] = [];
  return {
    pass: async ({ signal, requestId }) => {
      arrived.push(requestId);
      const either = AbortSignal.any([signal, released.signal]);
      if (!either.aborted) await once(either, 'abort');
      if (signal.aborted) aborted.push(requestId);
      return 'released';
    },
    waiting: async (count) => {
      await vi.waitUntil(() => arrived.length >= count, { timeout: 10_000, interval: 1 });
    },
    release: () => {
      released.abort();
    },
    aborted,
  };
}
