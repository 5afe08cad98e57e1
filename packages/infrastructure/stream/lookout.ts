import type { Clock } from '@devmesh/foundation';

/** What a consumer waits for: room for more work, and the end. */
export interface Lookout {
  /** There is room again. */
  readonly room: () => void;
  readonly stop: () => void;
  readonly stopping: AbortSignal;
  untilRoom(clock: Clock): Promise<void>;
  /** Whether there is room within this time. */
  roomWithin(clock: Clock, milliseconds: number): Promise<boolean>;
  /** The signal for one look at the stream: it aborts on stop, and where asked for as soon as there is more room. */
  look(endsWithRoom: boolean): AbortSignal;
}

/** Room is told of; the time only bounds what a lost word would cost. */
const longestSleep = 60_000;

/** Nothing to look out for yet. */
export function createLookout(): Lookout {
  const stopping = new AbortController();
  let looking: { readonly signal: AbortController; readonly endsWithRoom: boolean } | undefined;
  let nextRoom = new AbortController();
  const wakeAll = (): void => {
    nextRoom.abort();
    nextRoom = new AbortController();
  };
  return {
    room: () => {
      wakeAll();
      if (looking?.endsWithRoom === true) looking.signal.abort();
    },
    stop: () => {
      stopping.abort();
      looking?.signal.abort();
      wakeAll();
    },
    stopping: stopping.signal,
    untilRoom: (clock) => clock.sleep(longestSleep, stopping.signal.aborted ? stopping.signal : nextRoom.signal),
    roomWithin: async (clock, milliseconds) => {
      const { signal } = nextRoom;
      await clock.sleep(milliseconds, stopping.signal.aborted ? stopping.signal : signal);
      return signal.aborted;
    },
    look: (endsWithRoom) => {
      looking = { signal: new AbortController(), endsWithRoom };
      if (stopping.signal.aborted) looking.signal.abort();
      return looking.signal.signal;
    },
  };
}
