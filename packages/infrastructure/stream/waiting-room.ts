import type { Clock, Logger } from '@devmesh/foundation';
import type { Bell } from '../bell/port.ts';

interface WaitingRoomOptions {
  readonly bell: Bell;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One reader's place: a ring after `enter` ends its wait, also one that came before `wait`. */
interface Seat {
  wait(milliseconds: number, signal?: AbortSignal): Promise<void>;
  leave(): void;
}

/** Where readers wait for something new in a topic. */
export interface WaitingRoom {
  enter(topic: string): Seat;
  /** Wakes the readers of a topic in every process. */
  ring(topic: string): Promise<void>;
  close(): Promise<void>;
}

/** A waiting room that listens to the bell of each topic somebody waited for. */
export function createWaitingRoom({ bell, clock, log }: WaitingRoomOptions): WaitingRoom {
  const seats = new Map<string, Set<AbortController>>();
  const listening = new Map<string, Promise<() => Promise<void>>>();
  const wake = (topic: string): void => {
    for (const seat of seats.get(topic) ?? []) seat.abort();
  };
  const listen = (topic: string): void => {
    if (listening.has(topic)) return;
    const started = bell.listen(channelOf(topic), () => {
      wake(topic);
    });
    listening.set(topic, started);
    started.catch((error: unknown) => {
      listening.delete(topic);
      log.error('could not listen for new entries; they are looked for once a second', error, { topic });
    });
  };
  return {
    enter: (topic) => {
      listen(topic);
      const seat = new AbortController();
      const present = seats.get(topic) ?? new Set();
      seats.set(topic, present.add(seat));
      return {
        wait: (milliseconds, signal) => sleep({ clock, milliseconds, seat, signal }),
        leave: () => {
          present.delete(seat);
        },
      };
    },
    ring: async (topic) => {
      wake(topic);
      await bell.ring(channelOf(topic), '');
    },
    close: async () => {
      for (const topic of seats.keys()) wake(topic);
      const started = await Promise.allSettled(listening.values());
      listening.clear();
      for (const each of started) if (each.status === 'fulfilled') await each.value();
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
