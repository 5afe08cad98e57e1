import { systemClock, type Clock, type Service, type Telemetry } from '@devmesh/foundation';
import { createSchedule } from '../../schedule.ts';
import type { ResultStore } from './result-store.ts';

interface ResultSweeperOptions {
  readonly results: Pick<ResultStore, 'sweep'>;
  readonly telemetry: Telemetry;
  readonly clock?: Clock;
}

const hourly = 3_600_000;

/** A service that deletes kept results whose time is past, with their content. */
export function createResultSweeper({ results, telemetry, clock = systemClock }: ResultSweeperOptions): Service {
  return createSchedule({
    name: 'tool-result-sweeper',
    everyMilliseconds: hourly,
    work: async (signal) => {
      const count = await results.sweep(signal);
      telemetry.log.debug('deleted old results of tools', { count });
    },
    telemetry,
    clock,
  });
}
