import type { Clock, Logger } from '@devmesh/foundation';
import type { Reader, Stream } from './port.ts';

interface HoldingOptions {
  readonly stream: Stream;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly log: Logger;
  readonly idleMilliseconds: number;
}

/** While entries are here, the stream is told often enough that nobody takes them over. */
export interface Holding {
  add(entryIds: readonly string[]): void;
  remove(entryIds: readonly string[]): void;
  has(entryId: string): boolean;
  /** Holds nothing from now on. */
  end(): void;
}

/** Holds nothing yet. */
export function createHolding({ stream, reader, clock, log, idleMilliseconds }: HoldingOptions): Holding {
  const held = new Set<string>();
  let busy: AbortController | undefined;
  let ended = false;
  const holdWhileBusy = async (idle: AbortSignal): Promise<void> => {
    for (;;) {
      await clock.sleep(Math.max(1, idleMilliseconds / 3), idle);
      if (idle.aborted) return;
      try {
        await stream.hold(reader, [...held]);
      } catch (error) {
        log.error('entries in work could not be held; others may start on them too', error);
      }
    }
  };
  const rest = (): void => {
    busy?.abort();
    busy = undefined;
  };
  return {
    add: (entryIds) => {
      for (const entryId of entryIds) held.add(entryId);
      if (held.size === 0 || busy !== undefined || ended) return;
      busy = new AbortController();
      void holdWhileBusy(busy.signal);
    },
    remove: (entryIds) => {
      for (const entryId of entryIds) held.delete(entryId);
      if (held.size === 0) rest();
    },
    has: (entryId) => held.has(entryId),
    end: () => {
      ended = true;
      rest();
    },
  };
}
