import type { Clock, Logger } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';
import { createRinger } from './ringer.ts';

interface WaitingRoomOptions {
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Patience {
  readonly waitMilliseconds: number;
  readonly signal?: AbortSignal;
}

/** Where readers wait for something new in a topic. */
export interface WaitingRoom {
  /** Looks until something is found, the time is over or the signal aborts: at once, after each ring, and once a second. */
  look<Found>(topic: string, patience: Patience, find: () => Promise<readonly Found[]>): Promise<readonly Found[]>;
  /** Wakes the readers of a topic in every process; those elsewhere a moment later. */
  ring(topic: string): void;
  /** Ends the waits and resolves when the last ring is out. */
  close(): Promise<void>;
}

const lookEvery = 1_000;

/** A waiting room that listens to the bell of each topic somebody waited for. */
export function createWaitingRoom({ bell, clock, log }: WaitingRoomOptions): WaitingRoom {
  const seats = createSeats();
  const listening = new Map<string, Promise<() => Promise<void>>>();
  const ringer = createRinger((topic) => bell.ring(channelOf(topic), ''));
  let closed = false;
  const listen = (topic: string): void => {
    if (listening.has(topic) || closed) return;
    const started = bell.listen(channelOf(topic), () => {
      seats.wake(topic);
    });
    listening.set(topic, started);
    started.catch((error: unknown) => {
      listening.delete(topic);
      log.error('could not listen for new entries; they are looked for once a second', error, { topic });
    });
  };
  return {
    look: async (topic, { waitMilliseconds, signal }, find) => {
      const deadline = clock.now() + waitMilliseconds;
      const gaveUp = (): boolean => signal?.aborted === true;
      while (!gaveUp()) {
        listen(topic);
        // Seated before the look, so that a ring between the look and the wait is not missed.
        const seat = seats.take(topic);
        try {
          const found = await find();
          const left = deadline - clock.now();
          if (found.length > 0 || left <= 0 || closed) return found;
          await sleep({ clock, milliseconds: Math.min(left, lookEvery), seat, signal });
        } finally {
          seats.leave(topic, seat);
        }
      }
      return [];
    },
    ring: (topic) => {
      seats.wake(topic);
      ringer.ring(topic);
    },
    close: async () => {
      closed = true;
      seats.wakeAll();
      await ringer.quiet();
      const started = await Promise.allSettled(listening.values());
      listening.clear();
      for (const each of started) if (each.status === 'fulfilled') await each.value();
    },
  };
}

interface Seats {
  take(topic: string): AbortController;
  leave(topic: string, seat: AbortController): void;
  wake(topic: string): void;
  wakeAll(): void;
}

function createSeats(): Seats {
  const seats = new Map<string, Set<AbortController>>();
  const wake = (topic: string): void => {
    for (const seat of seats.get(topic) ?? []) seat.abort();
  };
  return {
    take: (topic) => {
      const seat = new AbortController();
      seats.set(topic, (seats.get(topic) ?? new Set()).add(seat));
      return seat;
    },
    leave: (topic, seat) => {
      const present = seats.get(topic);
      present?.delete(seat);
      if (present?.size === 0) seats.delete(topic);
    },
    wake,
    wakeAll: () => {
      for (const topic of seats.keys()) wake(topic);
    },
  };
}

function channelOf(topic: string): string {
  return `stream:${topic}`;
}

interface Sleep {
  readonly clock: Clock;
  readonly milliseconds: number;
  readonly seat: AbortController;
  readonly signal: AbortSignal | undefined;
}

async function sleep({ clock, milliseconds, seat, signal }: Sleep): Promise<void> {
  const getUp = (): void => {
    seat.abort();
  };
  if (signal?.aborted === true) return;
  signal?.addEventListener('abort', getUp, { once: true });
  try {
    await clock.sleep(milliseconds, seat.signal);
  } finally {
    signal?.removeEventListener('abort', getUp);
  }
}
