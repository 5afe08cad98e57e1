import type { Clock } from '@devmesh/foundation';
import { fetchFor, type Database, type GuardedFetch } from '@devmesh/infrastructure';
import type { Vault } from '../vault/index.ts';
import { send, type AttemptResult, type Target } from './attempt.ts';
import { takeLoad, type Address, type Load } from './lease.ts';
import { isPoison, settle, type OutcomeOptions } from './outcome.ts';
import { releaseLease, type LeasedRow } from './store-deliveries.ts';

export interface LaneOptions extends OutcomeOptions {
  readonly database: Database;
  readonly vault: Vault;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  /** Whether the process is about to stop, so that nothing new is taken up. */
  readonly stopping: () => boolean;
  /** Default 25: longer than a request may last, so that nobody sends what is still under way. */
  readonly leaseSeconds?: number;
}

const usualLeaseSeconds = 25;
/** Deliveries after which others get their turn. */
const turn = 100;

/**
 * Sends what is due for one endpoint until nothing is, or its turn is over; returns whether more may be due. Safe to be
 * killed anywhere: before a request is sent its lease runs out and it is taken up again; after it was sent but before the
 * result was noted likewise, so the receiver sees the same `webhook-id` twice; and what was noted is not due any more.
 */
export async function workLane(options: LaneOptions, address: Address, signal: AbortSignal): Promise<boolean> {
  const leaseSeconds = options.leaseSeconds ?? usualLeaseSeconds;
  const hands = createHands((job) => attempt(options, { ...job, address }, signal));
  const mayGoOn = (): boolean => hands.failure() === undefined && !options.stopping() && !signal.aborted;
  let begun = 0;
  try {
    while (begun < turn && mayGoOn()) {
      const load = await takeLoad({ ...options, leaseSeconds }, address);
      if (load === undefined && hands.idle()) return false;
      if (load !== undefined) begun += hands.begin(load);
      // One that hangs leaves the room of the others to what comes next.
      await hands.oneEnds();
    }
  } finally {
    await hands.allEnd();
  }
  const failure = hands.failure();
  if (failure !== undefined && !signal.aborted) throw failure;
  return begun >= turn;
}

/** What a lane has begun and not ended. */
interface Hands {
  /** Begins everything of a load and tells how much that is. */
  begin(load: Load): number;
  idle(): boolean;
  oneEnds(): Promise<void>;
  allEnd(): Promise<unknown>;
  /** The first failure so far. */
  failure(): Error | undefined;
}

function createHands(work: (job: Omit<Job, 'address'>) => Promise<void>): Hands {
  const underWay = new Set<Promise<void>>();
  let failure: Error | undefined;
  const begin = (job: Omit<Job, 'address'>): void => {
    const running = work(job)
      .catch((error: unknown) => {
        failure ??= error instanceof Error ? error : new Error('an attempt failed', { cause: error });
      })
      .then(() => void underWay.delete(running));
    underWay.add(running);
  };
  return {
    begin: ({ target, deliveries }) => {
      for (const delivery of deliveries) begin({ target, delivery });
      return deliveries.length;
    },
    idle: () => underWay.size === 0,
    oneEnds: () => Promise.race(underWay),
    allEnd: () => Promise.all(underWay),
    failure: () => failure,
  };
}

interface Job {
  readonly address: Address;
  readonly target: Target;
  readonly delivery: LeasedRow;
}

async function attempt(options: LaneOptions, { address, target, delivery }: Job, signal: AbortSignal): Promise<void> {
  const { database } = options;
  let result: AttemptResult;
  try {
    result = isPoison(delivery)
      ? abandoned(delivery, options.clock)
      : await send(
          { ...options, fetch: fetchFor(options.fetch, address.tenantId) },
          target,
          { id: delivery.id, body: delivery.payload },
          signal,
        );
  } catch (error) {
    // Whether it arrived is not known, so it is sent again, by whoever takes it up.
    if (signal.aborted) await database.tenant(address.tenantId, (tx) => releaseLease(tx, delivery));
    throw error;
  }
  await database.tenant(address.tenantId, (tx) => settle(options, tx, { address, delivery, result }));
}

function abandoned(delivery: LeasedRow, clock: Clock): AttemptResult {
  const excerpt = `It was begun ${delivery.fence} times and hardly ever ended.`;
  return {
    succeeded: false,
    at: new Date(clock.now()),
    durationMs: 0,
    statusCode: undefined,
    errorCode: 'internal',
    excerpt,
    retryAfterSeconds: undefined,
  };
}
