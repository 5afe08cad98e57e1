import type { Clock, Service, Telemetry } from '@devmesh/foundation';
import type { Tasks } from './service.ts';

interface SweeperOptions {
  readonly tasks: Pick<Tasks, 'sweep'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Between two sweeps. Default 3,000. */
  readonly intervalMilliseconds?: number;
}

/** A service that sweeps tasks and agents now and then; any number of processes may run one. */
export function createTaskSweeper({ tasks, clock, telemetry, intervalMilliseconds = 3_000 }: SweeperOptions): Service {
  const stopping = new AbortController();
  let problem: string | undefined = 'it has not swept yet';
  let running: Promise<void> | undefined;

  const sweepOnce = async (): Promise<void> => {
    try {
      const { failed } = await tasks.sweep();
      problem = failed === 0 ? undefined : `the last sweep failed for ${String(failed)} organization(s)`;
    } catch (error) {
      problem = 'the last sweep failed';
      telemetry.log.error('tasks could not be swept', error);
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await sweepOnce();
      await clock.sleep(intervalMilliseconds, stopping.signal);
    }
  };

  return {
    name: 'task-sweeper',
    start: () => {
      running ??= run();
      return Promise.resolve();
    },
    ready: () => Promise.resolve(problem === undefined ? { ready: true } : { ready: false, reason: problem }),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}
