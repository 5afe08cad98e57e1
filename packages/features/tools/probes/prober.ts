import { MeshError, type Clock, type Service, type Telemetry } from '@devmesh/foundation';
import { createSchedule } from '../../schedule.ts';
import type { ToolProbes } from './service.ts';

interface ProberOptions {
  readonly probes: Pick<ToolProbes, 'sweep'>;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** A service that looks at services of organizations as they come due; any number of processes may run one. */
export function createToolProber({ probes, clock, telemetry }: ProberOptions): Service {
  return createSchedule({
    name: 'tool-prober',
    everyMilliseconds: 15_000,
    clock,
    telemetry,
    work: async (signal) => {
      const { failed } = await probes.sweep(signal);
      if (failed > 0) throw new MeshError('internal', `${String(failed)} service(s) could not be looked at`);
    },
  });
}
