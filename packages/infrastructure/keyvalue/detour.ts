import { MeshError, type Clock, type Logger } from '@devmesh/foundation';
import { within } from '../redis/within.ts';

interface DetourOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** What goes another way, for the log: "rate limits". */
  readonly what: string;
  /** Milliseconds that an answer is waited for. */
  readonly patienceMilliseconds: number;
  /** Called for every piece of work that went another way. */
  readonly onDetour: () => void;
}

/** A way around a store that is away, for work that can do without it. */
export interface Detour {
  /** Does `work`, or `instead` where it fails or the store is away. */
  run<Result>(work: () => Promise<Result>, instead: () => Promise<Result>): Promise<Result>;
}

const leftAlone = 1_000;

/** After a failure the store is left alone for a second, then tried by one caller: an outage costs no caller its patience twice. */
export function createDetour({ clock, log, what, patienceMilliseconds, onDetour }: DetourOptions): Detour {
  let awayUntil: number | undefined;
  const around = <Result>(instead: () => Promise<Result>): Promise<Result> => {
    onDetour();
    return instead();
  };
  return {
    run: async (work, instead) => {
      if (awayUntil !== undefined) {
        if (clock.now() < awayUntil) return around(instead);
        awayUntil = clock.now() + leftAlone;
      }
      try {
        const result = await within(patienceMilliseconds, work());
        if (awayUntil !== undefined) log.info(`${what} use the key-values again`);
        awayUntil = undefined;
        return result;
      } catch (error) {
        if (awayUntil === undefined) log.error(`${what} go on without the key-values`, error);
        // What one key is refused says nothing about the next.
        if (isAway(error)) awayUntil = clock.now() + leftAlone;
        return around(instead);
      }
    },
  };
}

function isAway(error: unknown): boolean {
  return error instanceof MeshError && (error.code === 'unavailable' || error.code === 'disk_full');
}
