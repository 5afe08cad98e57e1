import type { Clock, Logger } from '@devmesh/foundation';
import { createAcknowledgements } from './acknowledgements.ts';
import type { Outcome } from './delivery-run.ts';
import { createHolding, type Holding } from './holding.ts';
import type { Job, LineUp } from './line-up.ts';
import type { Delivery, Reader, Stream } from './port.ts';

interface WorkInHandOptions {
  readonly stream: Stream;
  readonly reader: Reader;
  readonly lineUp: LineUp;
  /** Works on deliveries that one run settles; never rejects. */
  readonly deliver: (deliveries: readonly Delivery[]) => Promise<Outcome>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly idleMilliseconds: number;
  /** Called when a job has ended, so that there is room again. */
  readonly onRoom: () => void;
  /** Aborts when there is no more time for acknowledgements. */
  readonly lastCall: AbortSignal;
}

/** The entries that a consumer has: in line, in work, or done and not acknowledged yet. */
export interface WorkInHand {
  /** Begins what may begin; while draining gives everything back. */
  accept(deliveries: readonly Delivery[]): Promise<void>;
  /** Gives back what has not begun, now and from now on. Resolves when what has begun has ended and is acknowledged. */
  drain(): Promise<void>;
  /** Holds on to nothing any more, whatever still runs. */
  leave(): void;
  /** How many entries more may be taken: none while too many wait for others or for their acknowledgement. */
  room(): number;
  /** The same for entries that may be of any tenant. */
  roomForAny(): number;
  /** Tenants of which nothing more may be taken. */
  full(): readonly string[];
}

const mostUnacknowledged = 1_000;
const mostWaiting = 50;

/** Nothing in hand yet. */
export function createWorkInHand(options: WorkInHandOptions): WorkInHand {
  const { stream, reader, lineUp, deliver, onRoom } = options;
  const holding = createHolding(options);
  const release = createRelease(options, holding);
  const running = new Set<Promise<void>>();
  let draining = false;
  const acknowledgements = createAcknowledgements({
    ...options,
    acknowledge: (entryIds) => stream.acknowledge(reader.topic, reader.group, entryIds),
    onDone: (entryIds) => {
      holding.remove(entryIds);
      onRoom();
    },
  });
  const run = async (job: Job): Promise<void> => {
    const outcome = await deliver(job.deliveries);
    lineUp.end(job);
    if (outcome === 'interrupted') await release(job.deliveries);
    else if (outcome === 'failed') holding.remove(idsOf(job.deliveries));
    else acknowledgements.add(idsOf(job.deliveries));
    beginAll();
    onRoom();
  };
  const beginAll = (): void => {
    for (let job = lineUp.begin(); job !== undefined; job = lineUp.begin()) {
      const started = run(job).finally(() => running.delete(started));
      running.add(started);
    }
  };
  const room = (): number =>
    acknowledgements.size() >= mostUnacknowledged || lineUp.waiting() >= mostWaiting ? 0 : lineUp.free();
  return {
    accept: async (deliveries) => {
      // After a hold that failed this process may take over from itself; the work under way counts for both.
      const news = deliveries.filter(({ entryId }) => !holding.has(entryId));
      if (draining) {
        await release(news);
        return;
      }
      holding.add(idsOf(news));
      for (const delivery of news) lineUp.add(delivery);
      beginAll();
    },
    room,
    roomForAny: () => Math.max(0, room() - lineUp.waiting()),
    full: () => lineUp.full(),
    leave: () => {
      holding.end();
    },
    drain: async () => {
      draining = true;
      await release(lineUp.clear());
      await Promise.all(running);
      await acknowledgements.settled();
    },
  };
}

/** Gives entries back; where that fails, others take them over after a while. */
function createRelease(
  { stream, reader, log }: Pick<WorkInHandOptions, 'stream' | 'reader' | 'log'>,
  holding: Holding,
): (deliveries: readonly Delivery[]) => Promise<void> {
  return async (deliveries) => {
    if (deliveries.length === 0) return;
    holding.remove(idsOf(deliveries));
    try {
      await stream.release(reader, idsOf(deliveries));
    } catch (error) {
      log.error('entries could not be given back; others take them over later', error, { entries: deliveries.length });
    }
  };
}

function idsOf(deliveries: readonly Delivery[]): readonly string[] {
  return deliveries.map(({ entryId }) => entryId);
}
