import { toMeshError } from '@devmesh/foundation';
import { failAlone, giveUp } from './failing.ts';
import { createGroupCommit } from '../group-commit.ts';
import type { ProcessingContext } from './processing-context.ts';
import { countBeginning, countFirstBeginnings } from './store-processing.ts';
import { takeEffects, type Outcome } from './take-effects.ts';

export interface ProcessingOptions extends ProcessingContext {
  /** Transactions at a time. Default 4. */
  readonly parallel?: number | undefined;
}

type Commit = (tenantId: string, eventIds: readonly string[]) => Promise<readonly Outcome[]>;

/** Works on received events. */
export interface Processor {
  /**
   * Processes an event exactly once: its effects and the mark that it was processed commit together, so a repeated ring
   * finds nothing to do. A failure is counted in the event's row, which also says when to try again. A suspect, which
   * was in hand before and did not end, is counted as begun before it begins; the second time it is worked on alone.
   */
  process(tenantId: string, eventId: string, suspect?: boolean): Promise<void>;
}

/** Most events of a tenant that are processed in one transaction. */
const batchSize = 50;
const suspectsAtOnce = 20;

/** Times that an event may be begun as a suspect and never end, which only a crash explains, before it is a dead letter. */
export const crashLimit = 5;

/**
 * Builds the processor. Events of one tenant that come together commit together. When a worker is killed, all that it had
 * in hand looks suspect: those are counted as begun and go in small batches, and what was begun before goes alone, so that
 * only the one that kills is there every time.
 */
export function createProcessor(options: ProcessingOptions): Processor {
  const gather = (commit: Commit, maximumItems: number, parallel: number) =>
    createGroupCommit<string, Outcome>({
      commit,
      mayBeOneItem: (error) => !isOurs(error),
      bytesOf: () => 1,
      maximumItems,
      maximumBytes: maximumItems,
      parallel,
    });
  const news = gather(
    (tenantId, eventIds) => takeEffects(options, { tenantId, eventIds, suspects: false }),
    batchSize,
    options.parallel ?? 4,
  );
  const suspects = gather((tenantId, eventIds) => processSuspects(options, tenantId, eventIds), suspectsAtOnce, 1);
  let line: Promise<unknown> = Promise.resolve();
  const inLine = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const turn = line.then(work);
    line = turn.catch(() => undefined);
    return turn;
  };
  return {
    process: async (tenantId, eventId, suspect = false) => {
      try {
        const outcome = await (suspect ? suspects : news).submit(tenantId, eventId).result;
        if (outcome === 'suspect') await inLine(() => processAlone(options, tenantId, eventId));
      } catch (error) {
        if (isOurs(error)) throw error;
        const { code, message } = toMeshError(error);
        options.telemetry.log.error('processing a webhook failed', error, { 'webhook.event_id': eventId });
        await failAlone(options, { tenantId, eventId, reason: `${code}: ${message}` });
      }
    },
  };
}

/** Whether a failure says nothing about the event, which then is simply tried again. */
function isOurs(error: unknown): boolean {
  const { code } = toMeshError(error);
  return code === 'unavailable' || code === 'disk_full';
}

/** Those that nobody began before are counted as begun and go together; the others are left to be begun alone. */
async function processSuspects(
  options: ProcessingContext,
  tenantId: string,
  eventIds: readonly string[],
): Promise<readonly Outcome[]> {
  const waiting = await options.database.tenant(tenantId, (tx) => countFirstBeginnings(tx, eventIds));
  const first = waiting.filter(({ begun }) => begun === 0).map(({ id }) => id);
  if (first.length > 0) await takeEffects(options, { tenantId, eventIds: first, suspects: true });
  const again = new Set(waiting.filter(({ begun }) => begun > 0).map(({ id }) => id));
  return eventIds.map((id) => (again.has(id) ? 'suspect' : 'settled'));
}

async function processAlone(options: ProcessingContext, tenantId: string, eventId: string): Promise<void> {
  const begun = await options.database.tenant(tenantId, (tx) => countBeginning(tx, eventId));
  if (begun === undefined) return;
  if (begun > crashLimit) {
    const reason = `It was begun ${String(crashLimit)} times and never finished: it seems to end the worker.`;
    await giveUp(options, { tenantId, eventId, reason });
    return;
  }
  await takeEffects(options, { tenantId, eventIds: [eventId], suspects: true });
}
