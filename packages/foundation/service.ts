import type { Logger } from './telemetry.ts';

/** Something a process hosts: it starts, tells whether it is ready, and stops. */
export interface Service {
  readonly name: string;
  /** Resolves once it serves. A failed start can still be stopped. */
  start(): Promise<void>;
  /** Whether it can do its work now, with a reason when it cannot. */
  ready(): Promise<Readiness>;
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
  /** Stops in reverse order, each within the grace period; every failure is logged and the rest still stop. */
  stop(): Promise<void>;
}

interface RunOptions {
  readonly log: Logger;
  /** Milliseconds that each service gets to stop before it is left behind. */
  readonly graceMilliseconds?: number;
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
      await stop();
      throw error;
    }
    options.log.info('service started', { 'service.name': service.name });
  }
  return { services, stop };
}

async function stopAll(services: readonly Service[], options: RunOptions): Promise<void> {
  for (const service of services) {
    try {
      await within(options.graceMilliseconds ?? 10_000, service);
      options.log.info('service stopped', { 'service.name': service.name });
    } catch (error) {
      options.log.error('service did not stop cleanly', error, { 'service.name': service.name });
    }
  }
}

async function within(milliseconds: number, service: Service): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${service.name} did not stop within ${String(milliseconds)} ms`));
    }, milliseconds);
  });
  try {
    await Promise.race([service.stop(), expired]);
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
    stop: async () => {
      const failures: unknown[] = [];
      for (const member of members.toReversed()) {
        await member.stop().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw new AggregateError(failures, `parts of ${name} did not stop cleanly`);
    },
  };
}

/** Calls `stop` on SIGINT or SIGTERM and resolves when it has finished; a second signal forces the process to exit. */
export function untilSignal(stop: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143);
      stopping = true;
      stop().then(resolve, reject);
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
