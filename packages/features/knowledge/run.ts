import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { buildGeneration, type Built } from './generation.ts';
import { readHead, type Head } from './git-repository.ts';
import { resolveRepository } from './repository-folder.ts';
import type { Run, RunContext } from './run-context.ts';
import {
  claimRepository,
  failRun,
  postponeRun,
  publishGeneration,
  renewLease,
  type Lease,
  type RepositoryRow,
} from './store.ts';
import { deleteOutdated } from './store-files.ts';

const actor = 'system:rag-loader';
const renewEvery = 10_000;
const maximumAttempts = 5;

/**
 * Brings the index of a repository to its HEAD, if nobody else does so now. What was written stays when the run is cut
 * short, unseen by searches, and the next run goes on from there. Returns whether yet another run was asked for.
 */
export async function indexRepository(
  context: RunContext,
  { tenantId, repositoryId, signal }: { tenantId: string; repositoryId: string; signal: AbortSignal },
): Promise<'done' | 'again'> {
  const lease = await context.database.tenant(tenantId, (tx) => claimRepository(tx, repositoryId));
  if (lease === undefined) return 'done';
  const lost = new AbortController();
  const over = new AbortController();
  const run = { tenantId, lease, signal: AbortSignal.any([signal, lost.signal]) };
  const alive = stayAlive(context, run, lost, AbortSignal.any([over.signal, run.signal]));
  try {
    return await carryOut(context, run);
  } catch (error) {
    return await end(context, run, { error, stopping: signal.aborted });
  } finally {
    over.abort();
    await alive;
  }
}

async function carryOut(context: RunContext, run: Run): Promise<'done' | 'again'> {
  const { tenantId, lease, signal } = run;
  if (lease.attempts > maximumAttempts) {
    throw new MeshError('internal', `Indexing was begun ${String(maximumAttempts)} times and never got anything done.`);
  }
  const startedAt = context.clock.now();
  const folder = await resolveRepository(lease.path, context.roots);
  if (folder !== lease.path) throw new MeshError('forbidden', `${lease.path} now leads to another folder.`);
  const head = await readHead(folder, signal);
  await collectOutdated(context, run);
  const built = await buildGeneration(context, run, { folder, commit: head.commit });
  const seconds = (context.clock.now() - startedAt) / 1000;
  const row = await context.database.tenant(tenantId, (tx) => publish(context, tx, { lease, head, built, seconds }));
  context.telemetry.metrics.time('devmesh_knowledge_index_seconds', seconds);
  // The lease is given back, and nobody sees these files any more: a next run deletes what this one does not get to.
  await collectOutdated(context, run);
  return row.status === 'queued' ? 'again' : 'done';
}

interface Publication {
  readonly lease: Lease;
  readonly head: Head;
  readonly built: Built;
  readonly seconds: number;
}

async function publish(
  { audit, events }: RunContext,
  tx: Tx,
  { lease, head, built, seconds }: Publication,
): Promise<RepositoryRow> {
  const row = await publishGeneration(tx, lease, head);
  const data = {
    name: row.name,
    commit: head.commit,
    files: row.fileCount,
    chunks: row.chunkCount,
    seconds,
    ...built,
  };
  await audit.record(tx, { actor, action: 'knowledge.index', subject: row.id, detail: data });
  await events.publish(tx, {
    type: 'repository.indexed',
    subjectId: row.id,
    summary: `${row.name}: ${String(row.fileCount)} files searchable at ${head.commit.slice(0, 12)}`,
    data,
  });
  return row;
}

const deleteAtOnce = 50;

async function collectOutdated({ database }: RunContext, { tenantId, lease, signal }: Run): Promise<void> {
  for (let deleted = deleteAtOnce; deleted === deleteAtOnce && !signal.aborted;) {
    deleted = await database.tenant(tenantId, (tx) => deleteOutdated(tx, lease.id, deleteAtOnce));
  }
}

/** Renews the lease now and then; aborts `lost` when it has passed to another run. */
async function stayAlive(
  { database, clock, telemetry }: RunContext,
  { tenantId, lease }: Run,
  lost: AbortController,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(renewEvery, over);
    if (over.aborted) return;
    try {
      await database.tenant(tenantId, (tx) => renewLease(tx, lease));
    } catch (error) {
      if (toMeshError(error).code === 'stale_fence') lost.abort(error);
      else telemetry.log.error('the lease on a repository could not be renewed', error, { 'repository.id': lease.id });
    }
  }
}

interface Ending {
  readonly error: unknown;
  readonly stopping: boolean;
}

/** Notes how a run ended that did not reach its end. */
async function end(context: RunContext, run: Run, ending: Ending): Promise<'done'> {
  const known = toMeshError(ending.error);
  try {
    if (known.code === 'stale_fence') throw known;
    await context.database.tenant(run.tenantId, (tx) => giveBack(context, tx, run.lease, { ...ending, known }));
  } catch (error) {
    if (toMeshError(error).code !== 'stale_fence') throw error;
    context.telemetry.log.warn('another run has taken over a repository', { 'repository.id': run.lease.id });
  }
  return 'done';
}

async function giveBack(
  context: RunContext,
  tx: Tx,
  lease: Lease,
  { error, stopping, known }: Ending & { readonly known: MeshError },
): Promise<void> {
  const { log } = context.telemetry;
  const attributes = { 'repository.id': lease.id, 'error.code': known.code };
  if (stopping) {
    await postponeRun(tx, lease, { reason: undefined, delaySeconds: 0, counts: false });
  } else if (known.code === 'unavailable' && lease.attempts < maximumAttempts) {
    log.warn('indexing a repository is put off', { ...attributes, reason: known.message });
    await postponeRun(tx, lease, { reason: known.message, delaySeconds: 5 * 2 ** lease.attempts, counts: true });
  } else {
    log.error('indexing a repository failed', error, attributes);
    await fail(context, tx, { lease, error: known });
  }
}

async function fail(
  { audit, events }: RunContext,
  tx: Tx,
  { lease, error }: { readonly lease: Lease; readonly error: MeshError },
): Promise<void> {
  const reason = `${error.code}: ${error.message}`;
  const row = await failRun(tx, lease, reason);
  await audit.record(tx, {
    actor,
    action: 'knowledge.index',
    subject: row.id,
    outcome: 'failed',
    detail: { code: error.code },
  });
  await events.publish(tx, {
    type: 'repository.failed',
    subjectId: row.id,
    summary: `${row.name}: indexing failed`,
    data: { name: row.name, reason },
  });
}
