import { hostname } from 'node:os';
import { groupServices, type Service } from '@devmesh/foundation';
import { createConsumer, type Stream } from '@devmesh/infrastructure';
import { createSchedule } from '../schedule.ts';
import { indexingTopic, ring } from './ring.ts';
import type { RunContext } from './run-context.ts';
import { indexRepository } from './run.ts';
import { takeDue } from './store.ts';
import { requireDimensions } from './store-files.ts';

interface IndexerOptions extends RunContext {
  readonly stream: Stream;
}

const sweepEveryMilliseconds = 2_000;
const sweepAtOnce = 100;
/**
 * Two of one organization, so that a large repository does not keep a small one waiting, and one more for the others;
 * more at once would only share the same processors.
 */
const repositoriesAtOnce = 3;

/** Indexes repositories: a consumer that works on rings, and a sweeper that rings again for what nobody took or finished. */
export function createIndexer(options: IndexerOptions): Service {
  const { stream, telemetry, clock, newId, embedder } = options;
  requireDimensions(embedder.model.dimensions);
  const consumer = createConsumer({
    stream,
    reader: { topic: indexingTopic, group: 'rag-loader', consumer: `${hostname()}-${newId()}` },
    concurrency: repositoriesAtOnce,
    // What a run has written stays, so there is nothing to wait for on stop.
    graceMilliseconds: 0,
    telemetry,
    clock,
    handler: async ({ tenantId, subjectId: repositoryId }, signal) => {
      const outcome = await indexRepository(options, { tenantId, repositoryId, signal });
      if (outcome === 'again') await ring(options, tenantId, repositoryId);
    },
    // The repository's row counts the tries and says when the next one is due.
    onPoison: () => Promise.resolve(),
  });
  const sweeper = createSchedule({
    name: 'repository-sweeper',
    everyMilliseconds: sweepEveryMilliseconds,
    work: () => sweep(options),
    telemetry,
    clock,
  });
  return groupServices('indexing', [consumer, sweeper]);
}

/** Rings for repositories whose time has come: retries, runs that fell silent, and those whose ring was lost. */
async function sweep({ database, stream }: IndexerOptions): Promise<void> {
  const due = await database.system('sweep', (tx) => takeDue(tx, sweepAtOnce));
  const entries = due.map(({ tenantId, id, traceparent }) => ({
    tenantId,
    kind: 'index',
    subjectId: id,
    ...(traceparent === null ? {} : { traceparent }),
  }));
  if (entries.length > 0) await stream.append(indexingTopic, entries);
}
