import type { Tx } from '@devmesh/infrastructure';
import { createGroupCommit, type GroupCommitOptions } from '../group-commit.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { digestOf } from './calling/canonical-json.ts';
import type { ToolsOptions } from './options.ts';
import { createEarlyRecords, isOutage } from './early-records.ts';
import type { CallableRow } from './store.ts';

/** A call that has ended, as the trail and the feed tell of it. */
export interface EndedCall {
  readonly principal: Principal;
  readonly row: Pick<CallableRow, 'toolId' | 'name'>;
  readonly host: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Whether the caller handed over a credential of their own for it. */
  readonly passThrough: boolean;
  readonly outcome: 'allowed' | 'denied' | 'failed';
  /** How it ended: the status that the service answered with, or the code of what kept it from answering. */
  readonly result: Readonly<Record<string, unknown>>;
  readonly event: { readonly summary: string; readonly data: Readonly<Record<string, unknown>> };
}

/** Puts calls on record. */
export interface CallRecorder {
  /**
   * Resolves once the audit line and the event of the call outlive this process: committed, or in its journal and about to be. Calls that
   * end together share a transaction.
   */
  record(call: EndedCall): Promise<void>;
  close(): Promise<void>;
}

type RecorderOptions = Pick<
  ToolsOptions,
  'database' | 'audit' | 'auditBodies' | 'events' | 'journal' | 'newId' | 'telemetry' | 'clock'
>;

/** A call as it is written: its line of the trail, its event, and its arguments where they are kept. */
export interface CallRecord {
  readonly audit: Parameters<ToolsOptions['audit']['recordMany']>[1][number] & { readonly id: string };
  readonly event: Parameters<ToolsOptions['events']['publishMany']>[1][number];
  readonly body: unknown;
}

const mostTogether = 100;
const parallelOrganizations = 8;
/** What nobody waits for any more is committed with what follows so soon. */
const lingerMilliseconds = 50;

/** Builds it. A call that ends alone waits for nobody. */
export function createCallRecorder(options: RecorderOptions): CallRecorder {
  const early = createEarlyRecords(options, {
    submit: (tenantId, record) => prompt.submit(tenantId, record).result,
    submitLater: (tenantId, record) => later.submit(tenantId, record).result,
    write: (tx, tenantId, records) => write(options, tx, { tenantId, records }),
  });
  const commits: GroupCommitOptions<CallRecord, undefined> = {
    maximumItems: mostTogether,
    maximumBytes: mostTogether,
    bytesOf: () => 1,
    parallel: parallelOrganizations,
    mayBeOneItem: (error) => !isOutage(error),
    commit: async (tenantId, records) => {
      const kept = await options.database.tenant(tenantId, (tx) => write(options, tx, { tenantId, records }));
      early.learn(tenantId, { keepsBodies: kept });
      return records.map(() => undefined);
    },
  };
  const prompt = createGroupCommit(commits);
  const later = createGroupCommit({ ...commits, lingerMilliseconds });
  return {
    record: async (call) => {
      const record = recordOf(call, options.newId(), options.telemetry.tracer.traceId());
      await early.record(call.principal.tenantId, record);
    },
    close: () => early.close(),
  };
}

/** Writes records; whether their organization keeps bodies. */
async function write(
  { audit, auditBodies, events }: RecorderOptions,
  tx: Tx,
  { tenantId, records }: { readonly tenantId: string; readonly records: readonly CallRecord[] },
): Promise<boolean> {
  const bodies = records.map(({ audit: { id: entryId }, body }) => ({ entryId, body }));
  // One after the other in the transaction, but none waits here for the one before it.
  const [, kept] = await Promise.all([
    audit.recordMany(
      tx,
      records.map((record) => record.audit),
    ),
    auditBodies.keep(tx, tenantId, bodies),
    events.publishMany(
      tx,
      records.map(({ event }) => event),
    ),
  ]);
  return kept;
}

/** The commit is work of no single call, so each brings its own trace. */
function recordOf(call: EndedCall, id: string, traceId: string | undefined): CallRecord {
  const { principal, row, host, outcome, result, passThrough } = call;
  const { summary, data } = call.event;
  return {
    // The arguments as their digest; themselves only where the organization keeps them.
    audit: {
      id,
      actor: actorOf(principal),
      action: 'tools.call',
      subject: row.name,
      outcome,
      detail: {
        toolId: row.toolId,
        host,
        ...result,
        arguments: digestOf(call.arguments),
        ...(passThrough ? { passThrough } : {}),
      },
      traceId,
    },
    event: { type: 'tool.called', subjectId: row.toolId, summary, data: { ...data }, traceId },
    body: call.arguments,
  };
}
