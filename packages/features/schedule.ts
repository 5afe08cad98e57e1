import type { Clock, Service, Telemetry } from '@devmesh/foundation';

interface ScheduleOptions {
  readonly name: string;
  /** Milliseconds between the end of one run and the start of the next. */
  readonly everyMilliseconds: number;
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

/** Does the same work again and again. A run that fails is logged, makes the service unready, and does not end the schedule. */
export function createSchedule({ name, everyMilliseconds, work, telemetry, clock }: ScheduleOptions): Service {
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let failure: string | undefined;
  const runOnce = async (): Promise<void> => {
    try {
      await work(stopping.signal);
      failure = undefined;
    } catch (error) {
      failure = `its last run failed: ${error instanceof Error ? error.message : 'unknown'}`;
      telemetry.log.error('a scheduled run failed', error, { 'service.name': name });
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await runOnce();
      await clock.sleep(everyMilliseconds, stopping.signal);
    }
  };
  return {
    name,
    start: () => {
      running ??= run();
      return Promise.resolve();
    },
    ready: () => Promise.resolve(failure === undefined ? { ready: true } : { ready: false, reason: failure }),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
