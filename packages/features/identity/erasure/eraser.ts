import type { Clock, Service, Telemetry } from '@devmesh/foundation';
import { createSchedule } from '../../schedule.ts';
import { createErase, createSweep, type Erase, type ErasureOptions } from './erase.ts';
import { selectDeleting, selectUnswept } from './store.ts';

interface EraserOptions extends ErasureOptions {
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

const everyMilliseconds = 15_000;

/** A service that erases organizations that were deleted; any number of processes may run one. */
export function createOrganizationEraser(options: EraserOptions): Service {
  const { telemetry, clock } = options;
  return createSchedule({
    name: 'organization-eraser',
    everyMilliseconds,
    clock,
    telemetry,
    work: (signal) => eraseAll(options, signal),
  });
}

/** Erases every organization that waits for it, and sweeps up after those that are gone. One that fails does not hold up the others. */
export async function eraseAll(options: EraserOptions, signal: AbortSignal): Promise<void> {
  const { database, telemetry } = options;
  const failures: unknown[] = [];
  const each = async (tenantIds: readonly string[], erase: Erase, told: string): Promise<void> => {
    for (const tenantId of tenantIds) {
      try {
        if (await erase(tenantId, signal)) telemetry.log.info(told, { 'devmesh.tenant': tenantId });
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const waiting = await database.system('delete-organization', selectDeleting);
  await each(waiting, createErase(options), 'an organization was erased');
  const unswept = await database.system('delete-organization', selectUnswept);
  await each(unswept, createSweep(options), 'swept up after an organization');
  if (failures.length > 0) throw failures[0];
}
