import { systemClock, type Clock, type Logger, type Service, type Telemetry } from '@devmesh/foundation';
import { createDeliveryRun } from './delivery-run.ts';
import type { Delivery, Reader, Stream } from './port.ts';
import { createWorkInHand, type WorkInHand } from './work-in-hand.ts';

export interface ConsumerOptions {
  readonly stream: Stream;
  readonly reader: Reader;
  /** Works on one entry; resolves once its effects are committed. At-least-once: the same entry may come again. */
  readonly handler: (delivery: Delivery, signal: AbortSignal) => Promise<void>;
  /** Keeps an entry that failed too often (a dead letter); the entry is acknowledged once this resolves. */
  readonly onPoison: (delivery: Delivery) => Promise<void>;
  /** Entries worked on at once. Default 4. */
  readonly concurrency?: number;
  /** Tries before an entry is poison. Default 5. */
  readonly maxDeliveries?: number;
  /** Milliseconds before a failed or abandoned entry is tried again; doubles with each try. Default 10,000. */
  readonly idleMilliseconds?: number;
  /** What that grows to at most. Default 300,000. */
  readonly maximumIdleMilliseconds?: number;
  /** Milliseconds that handlers get on stop before their signal aborts. Default 8,000. */
  readonly graceMilliseconds?: number;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

const trimEvery = 60_000;
const longestWait = 5_000;
const longestPause = 5_000;

/**
 * Works on the entries of one topic for one group. An entry is acknowledged after its handler resolves; a failed one
 * stays pending and comes again later. Failures of the stream itself are logged and retried: the service never dies of them.
 */
export function createConsumer(options: ConsumerOptions): Service {
  const { reader, stream, clock = systemClock, idleMilliseconds = 10_000, graceMilliseconds = 8_000 } = options;
  const log = options.telemetry.log.with({ topic: reader.topic, group: reader.group });
  const stopping = new AbortController();
  const handlers = new AbortController();
  const deliver = createDeliveryRun({ ...options, clock, log, signal: handlers.signal });
  const work = createWorkInHand({ stream, reader, deliver, clock, log, idleMilliseconds });
  let problem: string | undefined = 'it has not started';
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    const step = createStep({ ...options, clock, idleMilliseconds }, work, stopping.signal);
    await repeat({ step, clock, log, signal: stopping.signal }, (sentence) => {
      problem = sentence;
    });
    await work.drain();
  };
  const drain = async (): Promise<void> => {
    stopping.abort();
    const timer = setTimeout(() => {
      handlers.abort();
    }, graceMilliseconds);
    await running;
    clearTimeout(timer);
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
    stop: drain,
  };
}

type StepOptions = ConsumerOptions & { readonly clock: Clock; readonly idleMilliseconds: number };

/** One look at the stream: takes over what others left, or waits for what is new, as far as hands are free. */
function createStep(options: StepOptions, work: WorkInHand, signal: AbortSignal): () => Promise<void> {
  const { stream, reader, concurrency = 4, idleMilliseconds, maximumIdleMilliseconds = 300_000 } = options;
  const waitMilliseconds = Math.max(1, Math.min(longestWait, idleMilliseconds / 2));
  const claimDue = every(options.clock, waitMilliseconds);
  const trimDue = every(options.clock, trimEvery);
  return async () => {
    const free = (): number => concurrency - work.size();
    if (free() > 0 && claimDue()) {
      work.accept(await stream.claim(reader, { count: free(), idleMilliseconds, maximumIdleMilliseconds }));
    }
    if (trimDue()) await stream.trim(reader.topic);
    if (free() > 0) work.accept(await stream.read(reader, { count: free(), waitMilliseconds, signal }));
    else await work.untilOneEnds();
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
