import { toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { createGroupCommit } from '../group-commit.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { digestOf } from './calling/canonical-json.ts';
import type { ToolsOptions } from './options.ts';
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
  /** Resolves once the audit line and the event of the call are committed; calls that end together share a transaction. */
  record(call: EndedCall): Promise<void>;
}

type RecorderOptions = Pick<ToolsOptions, 'database' | 'audit' | 'auditBodies' | 'events' | 'newId' | 'telemetry'>;

interface Line extends EndedCall {
  readonly entryId: string;
  readonly traceId: string | undefined;
}

const mostTogether = 100;
const parallelOrganizations = 8;
/** Failures of the database itself, which every call of a transaction shares. */
const outages: ReadonlySet<string> = new Set(['unavailable', 'disk_full', 'invalid_config']);

/** Builds it. A call that ends alone waits for nobody. */
export function createCallRecorder(options: RecorderOptions): CallRecorder {
  const commits = createGroupCommit<Line, undefined>({
    maximumItems: mostTogether,
    maximumBytes: mostTogether,
    bytesOf: () => 1,
    parallel: parallelOrganizations,
    mayBeOneItem: (error) => !outages.has(toMeshError(error).code),
    commit: async (tenantId, lines) => {
      await options.database.tenant(tenantId, (tx) => write(options, tx, { tenantId, lines }));
      return lines.map(() => undefined);
    },
  });
  return {
    record: async (call) => {
      // The commit is work of no single call, so each brings its own trace.
      const line = { ...call, entryId: options.newId(), traceId: options.telemetry.tracer.traceId() };
      await commits.submit(call.principal.tenantId, line).result;
    },
  };
}

async function write(
  { audit, auditBodies, events }: RecorderOptions,
  tx: Tx,
  { tenantId, lines }: { readonly tenantId: string; readonly lines: readonly Line[] },
): Promise<void> {
  const bodies = lines.map(({ entryId, arguments: body }) => ({ entryId, body }));
  // One after the other in the transaction, but none waits here for the one before it.
  await Promise.all([
    audit.recordMany(tx, lines.map(auditFact)),
    auditBodies.keep(tx, tenantId, bodies),
    events.publishMany(tx, lines.map(feedFact)),
  ]);
}

/** The arguments as their digest; themselves only where the organization keeps them. */
function auditFact({ entryId, principal, row, host, outcome, result, passThrough, traceId, ...call }: Line) {
  return {
    id: entryId,
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
  };
}

function feedFact({ row, event: { summary, data }, traceId }: Line) {
  return { type: 'tool.called' as const, subjectId: row.toolId, summary, data, traceId };
}
