import type { Logger } from './telemetry.ts';

/** Something a process hosts: it starts, tells whether it is ready, and stops. */
export interface Service {
  readonly name: string;
  /** Resolves once it serves. A failed start can still be stopped. */
  start(): Promise<void>;
  /** Whether it can do its work now, with a reason when it cannot. */
  ready(): Promise<Readiness>;
  /** Announces the stop: it is no longer ready but still serves; resolves when nobody is expected to come any more. */
  drain?(): Promise<void>;
  /** Stops taking work, finishes what it holds, releases everything. Safe to call twice. */
  stop(): Promise<void>;
}

export interface Readiness {
  readonly ready: boolean;
  readonly reason?: string;
}

/** The services of a process, running. */
export interface RunningServices {
  readonly services: readonly Service[];
  /**
   * Drains all at once, then stops them in reverse order, all within the grace period. Every failure is logged and the
   * rest still stop; then it rejects, so that the program does not end as if all were well.
   */
  stop(): Promise<void>;
}

interface RunOptions {
  readonly log: Logger;
  /** Milliseconds that all services together get to stop before those that have not are left behind. Default 8,000. */
  readonly graceMilliseconds?: number;
  /** Milliseconds more that draining may take. Default 0. */
  readonly drainMilliseconds?: number;
}

/** Starts services in order; when one fails, those already started are stopped in reverse and the failure is thrown. */
export async function runServices(services: readonly Service[], options: RunOptions): Promise<RunningServices> {
  const started: Service[] = [];
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopping ??= stopAll(started.toReversed(), options));
  for (const service of services) {
    started.push(service);
    try {
      await service.start();
    } catch (error) {
      // What failed to stop as well was logged; why it did not start is what has to be known.
      await stop().catch(() => undefined);
      throw error;
    }
    options.log.info('service started', { 'service.name': service.name });
  }
  return { services, stop };
}

const defaultGrace = 8_000;

async function stopAll(services: readonly Service[], options: RunOptions): Promise<void> {
  const failures: unknown[] = [];
  const note = (service: Service, error: unknown): void => {
    failures.push(error);
    options.log.error('service did not stop cleanly', error, { 'service.name': service.name });
  };
  const time = (options.graceMilliseconds ?? defaultGrace) + (options.drainMilliseconds ?? 0);
  const lastAt = Date.now() + time;
  const inTime = async (service: Service, work: () => Promise<void> | undefined): Promise<void> => {
    try {
      await within({ service, milliseconds: lastAt - Date.now(), total: time }, work);
    } catch (error) {
      note(service, error);
    }
  };
  await Promise.all(services.map((service) => inTime(service, () => service.drain?.())));
  for (const service of services) {
    await inTime(service, () => service.stop());
    options.log.info('service stopped', { 'service.name': service.name });
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not every service stopped cleanly');
}

interface Allowance {
  readonly service: Service;
  /** What is left. */
  readonly milliseconds: number;
  /** What there was for all. */
  readonly total: number;
}

async function within(
  { service, milliseconds, total }: Allowance,
  work: () => Promise<void> | undefined,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${service.name} did not stop within the ${String(total)} ms that all services have`));
    }, milliseconds);
  });
  try {
    await Promise.race([work(), expired]);
  } finally {
    clearTimeout(timer);
  }
}

/** Several services as one: started in order, ready when all are, stopped in reverse even when one fails to stop. */
export function groupServices(name: string, members: readonly Service[]): Service {
  return {
    name,
    start: async () => {
      for (const member of members) await member.start();
    },
    ready: async () => {
      const states = await Promise.all(members.map((member) => member.ready()));
      return states.find((state) => !state.ready) ?? { ready: true };
    },
    drain: async () => {
      await Promise.all(members.map(async (member) => member.drain?.()));
    },
    stop: async () => {
      const failures: unknown[] = [];
      for (const member of members.toReversed()) {
        await member.stop().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, `parts of ${name} did not stop cleanly`);
    },
  };
}

interface SignalOptions {
  /** Milliseconds after which a stop that has not finished is cut short: the process exits with 1. Default 10,000. */
  readonly withinMilliseconds?: number;
}

const stopWithin = 10_000;

/** The times of a program that drains for so many seconds before it stops. */
export function stopTimes({ DRAIN_SECONDS }: { readonly DRAIN_SECONDS: number }): SignalOptions {
  return { withinMilliseconds: stopWithin + DRAIN_SECONDS * 1_000 };
}

/**
 * Calls `stop` on SIGINT or SIGTERM and resolves when it has finished; a second signal, or a stop that takes too long,
 * forces the process to exit.
 */
export function untilSignal(
  stop: () => Promise<void>,
  { withinMilliseconds = stopWithin }: SignalOptions = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const exitLate = (): void => {
      process.stderr.write(`the stop took more than ${String(withinMilliseconds)} ms and was cut short\n`);
      process.exit(1);
    };
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
      stopping = true;
      // Left running after the stop: what still keeps the process alive then is cut short too.
      setTimeout(exitLate, withinMilliseconds).unref();
      stop().then(resolve, reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
