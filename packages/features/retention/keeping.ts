import type { Telemetry } from '@devmesh/foundation';
import { errorCodeOf, type Database, type Tx } from '@devmesh/infrastructure';
import type { Audit, AuditProof } from '../audit/index.ts';
import {
  deleteExpired,
  dropPartition,
  makeNextPartition,
  selectExpiredPartitions,
  selectGrowingTables,
  selectOverdue,
  type GrowingTable,
  type Overdue,
} from './store-growing.ts';

export interface KeepingOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly auditProof: Pick<AuditProof, 'cut'>;
  readonly telemetry: Telemetry;
  /** Rows that one transaction deletes. Default 1,000. */
  readonly batchSize?: number;
}

/** What one run did. */
export interface Kept {
  readonly made: number;
  readonly dropped: number;
  readonly deleted: number;
  /** Tables that could not be looked after; the log tells why. */
  readonly failed: number;
}

const tenantsAtOnce = 200;

/**
 * Makes the partitions to come, drops those that every organization is done with, then deletes what is older than its own
 * organization keeps it. Every transaction is small; another process that does the same at once is left to its table.
 */
export async function keepTables(options: KeepingOptions, signal: AbortSignal): Promise<Kept> {
  const total = { made: 0, dropped: 0, deleted: 0, failed: 0 };
  for (const table of await inJob(options, selectGrowingTables)) {
    try {
      if (table.partitioned) total.made += await makePartitions(options, table, signal);
      if (table.partitioned) total.dropped += await dropPartitions(options, table, signal);
      total.deleted += await deleteRows(options, table, signal);
    } catch (error) {
      total.failed += 1;
      options.telemetry.log.error('a growing table could not be looked after', error, {
        'db.collection.name': table.name,
      });
    }
  }
  return total;
}

function inJob<Result>({ database }: KeepingOptions, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return database.system('retention', work);
}

async function makePartitions(options: KeepingOptions, { name }: GrowingTable, signal: AbortSignal): Promise<number> {
  for (let count = 0; ; count += 1) {
    if (signal.aborted) return count;
    const made = await unlessBusy(options, name, (tx) => makeNextPartition(tx, name));
    if (made === undefined) return count;
    options.telemetry.log.info('made a partition', { 'db.collection.name': made });
    options.telemetry.metrics.count('devmesh_partitions_made_total', { table: name });
  }
}

async function dropPartitions(options: KeepingOptions, { name }: GrowingTable, signal: AbortSignal): Promise<number> {
  let count = 0;
  for (const partition of await inJob(options, (tx) => selectExpiredPartitions(tx, name))) {
    if (signal.aborted) break;
    const dropped = await unlessBusy(options, name, (tx) => dropPartition(tx, name, partition));
    if (dropped !== true) continue;
    count += 1;
    options.telemetry.log.info('dropped a partition whose time is past', { 'db.collection.name': partition });
    options.telemetry.metrics.count('devmesh_partitions_dropped_total', { table: name });
  }
  return count;
}

const lockNotAvailable = '55P03';

// A partition waits for nobody for long, since everybody else would then wait behind it; the next run tries again.
async function unlessBusy<Result>(
  options: KeepingOptions,
  table: string,
  work: (tx: Tx) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    return await inJob(options, work);
  } catch (error) {
    if (errorCodeOf(error) !== lockNotAvailable) throw error;
    options.telemetry.log.warn('a table was busy; its partitions are looked after by the next run', {
      'db.collection.name': table,
    });
    return undefined;
  }
}

async function deleteRows(options: KeepingOptions, { name }: GrowingTable, signal: AbortSignal): Promise<number> {
  let total = 0;
  for (let after: string | undefined; ;) {
    const page = { after, limit: tenantsAtOnce };
    const overdue = await inJob(options, (tx) => selectOverdue(tx, name, page));
    for (const one of overdue) {
      const deleted = await deleteRowsOf(options, name, one, signal);
      total += deleted.count;
      if (deleted.elsewhere) return total;
    }
    after = overdue.at(-1)?.tenantId;
    if (after === undefined || signal.aborted) return total;
  }
}

async function deleteRowsOf(
  options: KeepingOptions,
  table: string,
  overdue: Overdue,
  signal: AbortSignal,
): Promise<{ readonly count: number; readonly elsewhere: boolean }> {
  const batch = { ...overdue, limit: options.batchSize ?? 1_000 };
  // Only what a signed cut covers may go.
  if (table === 'audit_log') await options.auditProof.cut(overdue.tenantId, overdue.expiredBefore);
  let count = 0;
  let deleted: number | undefined = 0;
  do {
    deleted = await inJob(options, (tx) => deleteExpired(tx, table, batch));
    count += deleted ?? 0;
  } while (deleted !== undefined && deleted > 0 && !signal.aborted);
  if (count > 0) await tell(options, table, { ...overdue, count });
  return { count, elsewhere: deleted === undefined };
}

async function tell(
  { database, audit, telemetry }: KeepingOptions,
  table: string,
  { tenantId, expiredBefore, count }: Overdue & { readonly count: number },
): Promise<void> {
  telemetry.metrics.count('devmesh_retention_deleted_total', { table }, count);
  const detail = { deleted: count, before: expiredBefore.toISOString() };
  await database.tenant(tenantId, (tx) =>
    audit.record(tx, { actor: 'system:retention', action: 'retention.apply', subject: table, detail }),
  );
}
