import type { Clock } from '@devmesh/foundation';

/** A wait that somebody else can end. */
export interface Pause {
  /** Resolves after so long, or when it is ended; at once where it was ended since the last wait. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly end: () => void;
}

/** Builds a pause for one who waits. */
export function createPause(clock: Clock): Pause {
  let ending = new AbortController();
  return {
    wait: async (milliseconds) => {
      await clock.sleep(milliseconds, ending.signal);
      if (ending.signal.aborted) ending = new AbortController();
    },
    end: () => {
      ending.abort();
    },
  };
}
