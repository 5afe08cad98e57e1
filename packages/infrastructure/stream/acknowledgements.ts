import type { Clock, Logger } from '@devmesh/foundation';

interface AcknowledgementsOptions {
  readonly acknowledge: (entryIds: readonly string[]) => Promise<void>;
  /** Called with the entries that need not be held any more. */
  readonly onDone: (entryIds: readonly string[]) => void;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when there is no more time: each batch is then tried once more and given up. */
  readonly lastCall: AbortSignal;
}

/** Acknowledges in batches: what is done while one is on its way goes with the next, and what failed is tried again. */
export interface Acknowledgements {
  add(entryIds: readonly string[]): void;
  /** How many are not acknowledged yet. */
  size(): number;
  /** Resolves when all are acknowledged, or given up after the last call. */
  settled(): Promise<void>;
}

const atOnce = 200;
const longestPause = 5_000;

/** Nothing to acknowledge yet. */
export function createAcknowledgements(options: AcknowledgementsOptions): Acknowledgements {
  const { acknowledge, onDone, clock, log, lastCall } = options;
  const pending: string[] = [];
  let sending: Promise<void> | undefined;

  const attempt = async (batch: readonly string[], failures: number): Promise<boolean> => {
    try {
      await acknowledge(batch);
      return true;
    } catch (error) {
      log.error('finished entries could not be acknowledged', error, { entries: batch.length, failures });
      return false;
    }
  };
  const send = async (): Promise<void> => {
    let failures = 0;
    while (pending.length > 0) {
      // Whatever else ends in this turn of the event loop comes along.
      await new Promise(setImmediate);
      const last = lastCall.aborted;
      const batch = pending.slice(0, atOnce);
      const sent = await attempt(batch, failures);
      if (sent || last) {
        failures = 0;
        pending.splice(0, batch.length);
        onDone(batch);
      } else {
        failures += 1;
        await clock.sleep(Math.min(longestPause, 100 * 2 ** Math.min(failures, 10)), lastCall);
      }
    }
    sending = undefined;
  };
  return {
    add: (entryIds) => {
      pending.push(...entryIds);
      sending ??= send();
    },
    size: () => pending.length,
    settled: async () => {
      await sending;
    },
  };
}
