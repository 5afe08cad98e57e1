import type { Clock, Service, Telemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { deleteEnded } from './store.ts';

interface SignInSweeperOptions {
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

const hourly = 3_600_000;
/** People see for so long from where they had signed in. */
const keptMilliseconds = 30 * 86_400_000;
const atOnce = 1_000;

/** Forgets sign-ins, with their used tokens, 30 days after they have ended. */
export function createSignInSweeper({ database, telemetry, clock }: SignInSweeperOptions): Service {
  return createSchedule({
    name: 'sign-in-sweeper',
    everyMilliseconds: hourly,
    work: async () => {
      const before = new Date(clock.now() - keptMilliseconds);
      const count = await database.system('sweep', (tx) => deleteEnded(tx, { before, limit: atOnce }));
      telemetry.log.debug('forgot old sign-ins', { count });
    },
    telemetry,
    clock,
  });
}
