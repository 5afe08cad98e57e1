import type { Service, Telemetry, Clock } from '@devmesh/foundation';
import type { Database, Embedder } from '@devmesh/infrastructure';
import { createSchedule } from '../../schedule.ts';
import { readAllRows } from './read-rows.ts';
import { embeddingText } from './searchable.ts';
import { deleteUnused, insertEmbeddings, markEmbedded, selectMissing, selectSearchState, takeDue } from './store.ts';
import { textDigest } from './text-digest.ts';

interface EmbeddingOptions {
  readonly database: Database;
  readonly embedder: Embedder;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

const everyMilliseconds = 2_000;
const tenantsAtOnce = 10;
const textsAtOnce = 32;

/** Embeds the tools of organizations after they have changed. */
export function createToolEmbedding(options: EmbeddingOptions): Service {
  return createSchedule({
    ...options,
    name: 'tool-embedding',
    everyMilliseconds,
    work: async (signal) => {
      const due = await options.database.system('sweep', (tx) => takeDue(tx, tenantsAtOnce));
      for (const tenantId of due) await tryTenant(options, tenantId, signal);
    },
  });
}

/** One organization's failure keeps no other waiting; it is due again later. */
async function tryTenant(options: EmbeddingOptions, tenantId: string, signal: AbortSignal): Promise<void> {
  try {
    await embedTools(options, tenantId, signal);
  } catch (error) {
    if (signal.aborted) return;
    options.telemetry.log.error('tools could not be embedded; they are found by their words only', error, {
      'tenant.id': tenantId,
    });
  }
}

/** Embeds what an organization's tools lack, and forgets what none of them has any more. */
export async function embedTools(
  { database, embedder }: Pick<EmbeddingOptions, 'database' | 'embedder'>,
  tenantId: string,
  signal?: AbortSignal,
): Promise<void> {
  const model = embedder.model.name;
  const state = await database.tenant(tenantId, selectSearchState);
  if (state === undefined) return;
  const rows = await readAllRows(database, tenantId);
  const texts = new Map(rows.map((row) => embeddingText(row)).map((text) => [textDigest(text), text]));
  const digests = [...texts.keys()];
  const missing = await database.tenant(tenantId, (tx) => selectMissing(tx, model, digests));
  for (let start = 0; start < missing.length; start += textsAtOnce) {
    signal?.throwIfAborted();
    const some = missing.slice(start, start + textsAtOnce);
    const vectors = await embedder.embed(
      some.map((digest) => texts.get(digest) ?? ''),
      'passage',
      signal,
    );
    const embedded = some.flatMap((digest, at) => {
      const embedding = vectors[at];
      return embedding === undefined ? [] : [{ digest, embedding }];
    });
    await database.tenant(tenantId, (tx) => insertEmbeddings(tx, model, embedded));
  }
  await database.tenant(tenantId, async (tx) => {
    await deleteUnused(tx, model, digests);
    await markEmbedded(tx, state.revision);
  });
}
