import type { Tx } from '@devmesh/infrastructure';
import { isEligible } from './eligibility.ts';
import { prepareFiles, type PreparedFiles } from './prepare-files.ts';
import { listFiles, type TrackedFile } from './git-repository.ts';
import { planRun, type Changes } from './plan.ts';
import type { Run, RunContext } from './run-context.ts';
import { renewLease } from './store.ts';
import { deleteFiles, insertFiles, keepIn, leaveOut, selectIndexed } from './store-files.ts';

/** What a run did, as its event tells. */
export interface Built extends Changes {
  /** Chunks whose embedding was computed. */
  readonly embedded: number;
  /** Chunks whose embedding was there already, in a former version or another place of the file. */
  readonly reused: number;
}

interface Source {
  readonly folder: string;
  readonly commit: string;
}

/** Prepares the next generation of a repository's files, from what is there and what the commit says. */
export async function buildGeneration(context: RunContext, run: Run, { folder, commit }: Source): Promise<Built> {
  const { database, embedder } = context;
  const { tenantId, lease, signal } = run;
  const wanted = (await listFiles(folder, commit, signal)).filter(isEligible);
  const indexed = await database.tenant(tenantId, (tx) => selectIndexed(tx, lease));
  const plan = planRun({ wanted, indexed, model: embedder.model.name });
  await inBatches(context, run, plan.discard, deleteFiles);
  await inBatches(context, run, plan.stay, keepIn);
  await inBatches(context, run, plan.leave, leaveOut);
  const progress = createProgress(context, run, plan.write.length);
  const total = { embedded: 0, reused: 0 };
  for (const files of group(plan.write)) {
    signal.throwIfAborted();
    const prepared = await prepareFiles(context, run, { folder, files });
    await database.tenant(tenantId, async (tx) => {
      await progress.advance(tx, files.length);
      await insertFiles(tx, { lease, commit, model: embedder.model.name, files: prepared.files });
    });
    progress.committed(files.length);
    total.embedded += prepared.embedded;
    total.reused += prepared.reused;
    count(context, prepared);
  }
  return { ...plan.changes, ...total };
}

const rowsAtOnce = 500;

async function inBatches(
  { database }: RunContext,
  { tenantId, lease, signal }: Run,
  fileIds: readonly string[],
  write: (tx: Tx, lease: Run['lease'], fileIds: readonly string[]) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < fileIds.length; start += rowsAtOnce) {
    signal.throwIfAborted();
    await database.tenant(tenantId, async (tx) => {
      await renewLease(tx, lease);
      await write(tx, lease, fileIds.slice(start, start + rowsAtOnce));
    });
  }
}

const filesAtOnce = 24;
const bytesAtOnce = 96 * 1024;

/** Groups of files that are read, embedded and written together: small, so that transactions stay short. */
function* group(files: readonly TrackedFile[]): Generator<readonly TrackedFile[]> {
  let some: TrackedFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (some.length > 0 && (some.length >= filesAtOnce || bytes + file.bytes > bytesAtOnce)) {
      yield some;
      [some, bytes] = [[], 0];
    }
    some.push(file);
    bytes += file.bytes;
  }
  if (some.length > 0) yield some;
}

/** Keeps the repository's progress and tells the event feed about it now and then. */
interface Progress {
  /** Renews the lease in the transaction that writes `files` more files. */
  advance(tx: Tx, files: number): Promise<void>;
  committed(files: number): void;
}

const tellEvery = 2_000;

function createProgress({ events, clock }: RunContext, { lease }: Run, total: number): Progress {
  let done = 0;
  let toldAt = clock.now();
  return {
    advance: async (tx, files) => {
      const progress = Math.min(1, (done + files) / total);
      await renewLease(tx, lease, { progress, advanced: true });
      if (clock.now() - toldAt < tellEvery) return;
      toldAt = clock.now();
      await events.publish(tx, {
        type: 'repository.progress',
        subjectId: lease.id,
        summary: `${lease.name}: ${String(Math.floor(progress * 100))} %`,
        data: { name: lease.name, status: 'indexing', progress, files: done + files, of: total },
      });
    },
    committed: (files) => {
      done += files;
    },
  };
}

function count({ telemetry }: RunContext, { files, embedded, reused }: PreparedFiles): void {
  telemetry.metrics.count('devmesh_knowledge_files_total', {}, files.length);
  telemetry.metrics.count('devmesh_knowledge_chunks_total', { embedding: 'computed' }, embedded);
  telemetry.metrics.count('devmesh_knowledge_chunks_total', { embedding: 'reused' }, reused);
}
