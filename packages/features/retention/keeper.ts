import { MeshError, type Clock, type Service } from '@devmesh/foundation';
import { createSchedule } from '../schedule.ts';
import { keepTables, type KeepingOptions } from './keeping.ts';

interface KeeperOptions extends KeepingOptions {
  readonly clock: Clock;
}

const hourly = 3_600_000;

/** A service that keeps growing tables in shape, at its start and every hour; any number of processes may run one. */
export function createRetentionKeeper(options: KeeperOptions): Service {
  const { database, telemetry, clock } = options;
  return createSchedule({
    name: 'retention-keeper',
    everyMilliseconds: hourly,
    clock,
    telemetry,
    work: async (signal) => {
      const kept = await keepTables(options, signal);
      const tidied = await database.tidy(signal);
      telemetry.log.debug('looked after growing tables', { ...kept, tidied: tidied.length });
      if (kept.failed > 0) throw new MeshError('internal', `${String(kept.failed)} table(s) could not be looked after`);
    },
  });
}
