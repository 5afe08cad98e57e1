import type { Clock, Logger } from '@devmesh/foundation';
import type { Delivery, Reader, Stream } from './port.ts';

interface WorkInHandOptions {
  readonly stream: Stream;
  readonly reader: Reader;
  /** Works on one delivery; never rejects. */
  readonly deliver: (delivery: Delivery) => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly idleMilliseconds: number;
}

/** The entries that a consumer works on now. While there are any, the stream is told often enough that nobody takes them over. */
export interface WorkInHand {
  size(): number;
  accept(deliveries: readonly Delivery[]): void;
  untilOneEnds(): Promise<void>;
  /** Resolves when all have ended. */
  drain(): Promise<void>;
}

/** Nothing in hand yet. */
export function createWorkInHand(options: WorkInHandOptions): WorkInHand {
  const { stream, reader, deliver, clock, log, idleMilliseconds } = options;
  const inHand = new Map<string, Promise<void>>();
  let holding: AbortController | undefined;

  const holdWhileBusy = async (idle: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(Math.max(1, idleMilliseconds / 3), idle);
      if (idle.aborted) return;
      try {
        await stream.hold(reader, [...inHand.keys()]);
      } catch (error) {
        log.error('entries in work could not be held; others may start on them too', error);
      }
    }
  };
  const end = (entryId: string): void => {
    inHand.delete(entryId);
    if (inHand.size > 0) return;
    holding?.abort();
    holding = undefined;
  };
  const begin = async (delivery: Delivery): Promise<void> => {
    try {
      await deliver(delivery);
    } finally {
      end(delivery.entryId);
    }
  };
  return {
    size: () => inHand.size,
    accept: (deliveries) => {
      for (const delivery of deliveries) {
        // After a hold that failed this process may take over from itself; the work under way counts for both.
        if (!inHand.has(delivery.entryId)) inHand.set(delivery.entryId, begin(delivery));
      }
      if (inHand.size === 0 || holding !== undefined) return;
      holding = new AbortController();
      void holdWhileBusy(holding.signal);
    },
    untilOneEnds: async () => {
      await Promise.race(inHand.values());
    },
    drain: async () => {
      await Promise.all(inHand.values());
    },
  };
}
