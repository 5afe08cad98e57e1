import type { Clock, Service, Telemetry } from '@devmesh/foundation';
import { createSchedule } from '../schedule.ts';
import type { Idempotency } from './service.ts';

interface IdempotencySweeperOptions {
  readonly idempotency: Idempotency;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

const hourly = 3_600_000;

/** Forgets remembered answers older than a day. */
export function createIdempotencySweeper({ idempotency, telemetry, clock }: IdempotencySweeperOptions): Service {
  return createSchedule({
    name: 'idempotency-sweeper',
    everyMilliseconds: hourly,
    work: async () => {
      const count = await idempotency.sweep();
      telemetry.log.debug('forgot old answers', { count });
    },
    telemetry,
    clock,
  });
}
