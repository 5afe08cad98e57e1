import { systemClock, type Clock, type Logger, type Service, type Telemetry } from '@devmesh/foundation';
import { createDeliveryRun } from './delivery-run.ts';
import { createLineUp } from './line-up.ts';
import { createLookout, type Lookout } from './lookout.ts';
import type { Delivery, Reader, Stream } from './port.ts';
import { createWorkInHand, type WorkInHand } from './work-in-hand.ts';

export interface ConsumerOptions {
  readonly stream: Stream;
  readonly reader: Reader;
  /**
   * Works on one entry; resolves once its effects are committed. At-least-once: the same entry may come again. Never runs
   * twice at once in this process for one subject; entries of a subject that come while one runs share the next run.
   */
  readonly handler: (delivery: Delivery, signal: AbortSignal) => Promise<void>;
  /** Keeps an entry that failed too often (a dead letter); the entry is acknowledged once this resolves. */
  readonly onPoison: (delivery: Delivery) => Promise<void>;
  /** Entries worked on at once. Default 5. */
  readonly concurrency?: number;
  /** How many of them may be of one tenant, so that its slow work never takes every hand. Default: all but one. */
  readonly tenantShare?: number;
  /** Tries before an entry is poison. Default 5. */
  readonly maxDeliveries?: number;
  /** Milliseconds before a failed or abandoned entry is tried again, by chance up to a quarter less; doubles with each try. Default 10,000. */
  readonly idleMilliseconds?: number;
  /** What that grows to at most. Default 300,000. */
  readonly maximumIdleMilliseconds?: number;
  /** Milliseconds that handlers get on stop before their signal aborts; a second later those that still run are left behind. Default 8,000. */
  readonly graceMilliseconds?: number;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

const afterGraceMilliseconds = 1_000;
const longestPause = 5_000;

/**
 * Works on the entries of one topic for one group. An entry is acknowledged after its handler resolves; a failed one
 * stays pending and comes again later. Failures of the stream itself are logged and retried: the service never dies of them.
 * On stop nothing more is read, what has not begun is given back uncounted, and what is done is acknowledged.
 */
export function createConsumer(options: ConsumerOptions): Service {
  const { reader, clock = systemClock, graceMilliseconds = 8_000, concurrency = 5, maxDeliveries = 5 } = options;
  const { idleMilliseconds = 10_000, tenantShare = Math.max(1, concurrency - 1) } = options;
  const log = options.telemetry.log.with({ topic: reader.topic, group: reader.group });
  const handlers = new AbortController();
  const lastCall = new AbortController();
  const isPoison = ({ deliveries }: Delivery): boolean => deliveries > maxDeliveries;
  const lookout = createLookout();
  const work = createWorkInHand({
    ...options,
    clock,
    log,
    idleMilliseconds,
    lineUp: createLineUp({ concurrency, tenantShare, alone: isPoison }),
    deliver: createDeliveryRun({ ...options, clock, log, isPoison, signal: handlers.signal }),
    onRoom: lookout.room,
    lastCall: lastCall.signal,
  });
  let problem: string | undefined = 'it has not started';
  let running: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    const step = createStep({ ...options, clock, idleMilliseconds }, work, lookout);
    await repeat({ step, clock, log, signal: lookout.stopping }, (sentence) => {
      problem = sentence;
    });
  };
  const drain = async (): Promise<void> => {
    lookout.stop();
    const ended = Promise.all([running, work.drain()]);
    const grace = new AbortController();
    const patience = async (): Promise<void> => {
      await clock.sleep(graceMilliseconds, grace.signal);
      handlers.abort();
      lastCall.abort();
      await clock.sleep(afterGraceMilliseconds, grace.signal);
      if (!grace.signal.aborted) log.warn('handlers that did not end were left behind; their entries come again');
    };
    await Promise.race([ended, patience()]);
    grace.abort();
    work.leave();
    problem = 'it is stopped';
  };
  return {
    name: `consumer ${reader.topic}/${reader.group}`,
    start: () => {
      problem = undefined;
      running ??= run();
      return Promise.resolve();
    },
    ready: () => Promise.resolve(problem === undefined ? { ready: true } : { ready: false, reason: problem }),
    stop: () => (stopped ??= drain()),
  };
}

type StepOptions = ConsumerOptions & { readonly clock: Clock; readonly idleMilliseconds: number };

const trimEvery = 60_000;
const gaugeEvery = 15_000;
const longestWait = 5_000;
/** While a tenant has its share, room for more of it comes soon; only then is it looked for others. */
const beforeOthers = 20;

/** One look at the stream: takes over what others left, or waits for what is new, as far as there is room. */
function createStep(options: StepOptions, work: WorkInHand, lookout: Lookout): () => Promise<void> {
  const { stream, reader, idleMilliseconds, maximumIdleMilliseconds = 300_000, clock, telemetry } = options;
  const waitMilliseconds = Math.max(1, Math.min(longestWait, idleMilliseconds / 2));
  const claimDue = every(clock, waitMilliseconds);
  const trimDue = every(clock, trimEvery);
  const gaugeDue = every(clock, gaugeEvery);
  let moreToClaim = false;
  // Takes turns with reading, so that neither a heap of failures nor a flood of news keeps the other from its due.
  const claim = async (count: number): Promise<void> => {
    const claimed = await stream.claim(reader, { count, idleMilliseconds, maximumIdleMilliseconds });
    moreToClaim = claimed.length === count;
    await work.accept(claimed);
  };
  const read = async (count: number): Promise<void> => {
    const except = work.full();
    if (except.length > 0 && (await lookout.roomWithin(clock, beforeOthers))) return;
    const wait = moreToClaim ? 0 : waitMilliseconds;
    const signal = lookout.look(except.length > 0);
    await work.accept(await stream.read(reader, { count, except, waitMilliseconds: wait, signal }));
  };
  const report = async (): Promise<void> => {
    const { waiting, held } = await stream.backlog(reader.topic, reader.group);
    const labels = { topic: reader.topic, group: reader.group };
    telemetry.metrics.gauge('devmesh_stream_waiting', waiting, labels);
    telemetry.metrics.gauge('devmesh_stream_held', held, labels);
  };
  let claimedLast = false;
  return async () => {
    if (trimDue()) await stream.trim(reader.topic);
    if (gaugeDue()) await report();
    claimedLast = !claimedLast && work.roomForAny() > 0 && (moreToClaim || claimDue());
    if (claimedLast) return claim(work.roomForAny());
    return work.room() > 0 ? read(work.room()) : lookout.untilRoom(clock);
  };
}

/** Tells, at most once in each interval, that it is time. */
function every(clock: Clock, milliseconds: number): () => boolean {
  let next = 0;
  return () => {
    const now = clock.now();
    if (now < next) return false;
    next = now + milliseconds;
    return true;
  };
}

interface RepeatOptions {
  readonly step: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Repeats the step until the signal; after failures it pauses, longer each time, and reports the problem until it has passed. */
async function repeat(
  { step, clock, log, signal }: RepeatOptions,
  report: (problem: string | undefined) => void,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await step();
      if (failures > 0) report(undefined);
      failures = 0;
    } catch (error) {
      failures += 1;
      report('the stream does not answer');
      log.error('the stream failed; it is tried again', error, { failures });
      await clock.sleep(Math.min(longestPause, 100 * 2 ** Math.min(failures, 10)), signal);
    }
  }
}
