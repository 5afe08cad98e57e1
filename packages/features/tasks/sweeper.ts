import { MeshError, type Clock, type Service, type Telemetry } from '@devmesh/foundation';
import { createSchedule } from '../schedule.ts';
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
  return createSchedule({
    name: 'task-sweeper',
    everyMilliseconds: intervalMilliseconds,
    clock,
    telemetry,
    work: async () => {
      const { failed } = await tasks.sweep();
      if (failed > 0) throw new MeshError('internal', `the sweep failed for ${String(failed)} organization(s)`);
    },
  });
}
