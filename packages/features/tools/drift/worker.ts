import { toMeshError, type Service } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { createSchedule } from '../../schedule.ts';
import type { DocumentReader } from '../reading/document-reader.ts';
import { selectTool } from '../store.ts';
import { acceptDrift } from './decide.ts';
import type { DriftOptions } from './options.ts';
import { refreshTool } from './refresh.ts';
import { selectDueDrift } from './store-drift.ts';
import { selectDueRefreshes, selectUnscheduled, upsertSettings, type ServiceOf } from './store-refreshes.ts';

const everyMilliseconds = 30_000;
const atOnce = 20;
const actor = 'system:tools';
const defaults = { intervalMinutes: 360, graceHours: 168 } as const;

/** Looks at services whose time has come, and applies changes that have waited long enough. */
export function createDriftWorker(options: DriftOptions, reader: DocumentReader): Service {
  const work = (signal: AbortSignal): Promise<void> => sweepDrift(options, reader, signal);
  const { telemetry, clock } = options;
  return createSchedule({ name: 'tool-drift', everyMilliseconds, work, telemetry, clock });
}

/** One round. A service that cannot be read is marked and holds no other up. */
async function sweepDrift(options: DriftOptions, reader: DocumentReader, signal: AbortSignal): Promise<void> {
  const { database } = options;
  const unscheduled = await database.system('sweep', (tx) => selectUnscheduled(tx, 500));
  for (const { tenantId, toolId } of unscheduled) {
    await database.tenant(tenantId, (tx) => upsertSettings(tx, { toolId, ...defaults }));
  }
  const due = await database.system('sweep', (tx) => selectDueRefreshes(tx, atOnce));
  for (const service of due) {
    if (signal.aborted) return;
    await refreshDue(options, reader, { ...service, signal });
  }
  const ripe = await database.system('sweep', (tx) => selectDueDrift(tx, atOnce));
  for (const service of ripe) {
    if (signal.aborted) return;
    await applyDue(options, service);
  }
}

async function refreshDue(
  options: DriftOptions,
  reader: DocumentReader,
  service: ServiceOf & { readonly signal: AbortSignal },
): Promise<void> {
  try {
    await refreshTool(options, reader, { ...service, actor, onlyWhenDue: true });
  } catch (error) {
    // It is on record with the service, and tried again later.
    const { code } = toMeshError(error);
    options.telemetry.log.warn('a service could not be looked at', { 'error.code': code, toolId: service.toolId });
  }
}

async function applyDue(
  { database, catalogue, audit, events }: DriftOptions,
  { tenantId, toolId }: ServiceOf,
): Promise<void> {
  const work = async (tx: Tx): Promise<void> => {
    const tool = await selectTool(tx, toolId);
    if (tool === undefined) return;
    const accepted = await acceptDrift(tx, { tool, onlyDue: true });
    if (accepted.length === 0) return;
    const detail = { name: tool.name, count: accepted.length, keys: accepted.slice(0, 50) };
    await audit.record(tx, { actor, action: 'tools.acceptDrift', subject: toolId, detail });
    const summary = `${tool.name}: ${String(accepted.length)} changes of tools are applied after their grace period`;
    await events.publish(tx, { type: 'tool.changed', subjectId: toolId, summary, data: { name: tool.name } });
  };
  await catalogue.change(tenantId, () => database.tenant(tenantId, work));
}
