import type { Database } from '@devmesh/infrastructure';
import { createLexicalIndex, type LexicalIndex } from './lexical-index.ts';
import type { RankedTool } from './rank.ts';
import { readAllRows } from './read-rows.ts';
import { actionsOf, embeddingText } from './searchable.ts';
import { selectEmbeddings, type SearchRow, type SearchState } from './store.ts';
import { textDigest } from './text-digest.ts';

/** The tools of one organization, ready to be searched. */
export interface ToolIndex {
  readonly rows: readonly SearchRow[];
  readonly ranked: readonly RankedTool[];
  readonly lexical: LexicalIndex;
  /** By the place of the tool; undefined where it is not embedded yet. */
  readonly vectors: readonly (Float32Array | undefined)[];
  /** What it was built from. */
  readonly state: SearchState;
}

const digestsAtOnce = 500;

/** Builds the index of an organization. */
export async function buildToolIndex(
  database: Database,
  { tenantId, state, model }: { readonly tenantId: string; readonly state: SearchState; readonly model: string },
): Promise<ToolIndex> {
  const rows = await readAllRows(database, tenantId);
  const digests = rows.map((row) => textDigest(embeddingText(row)));
  const vectors = new Map<string, Float32Array>();
  for (let start = 0; start < digests.length; start += digestsAtOnce) {
    const some = digests.slice(start, start + digestsAtOnce);
    const found = await database.tenant(tenantId, (tx) => selectEmbeddings(tx, model, some));
    for (const { digest, embedding } of found)
      vectors.set(digest, Float32Array.from(JSON.parse(embedding) as number[]));
  }
  return {
    rows,
    state,
    ranked: rows.map((row) => ({
      service: row.service,
      actions: actionsOf(row),
      retired: /\bdeprecated\b/iu.test(`${row.title} ${row.description}`),
    })),
    lexical: createLexicalIndex(rows),
    vectors: digests.map((digest) => vectors.get(digest)),
  };
}

/** The likeness of each tool to a question; NaN where the tool is not embedded. */
export function similaritiesOf({ vectors }: Pick<ToolIndex, 'vectors'>, question: Float32Array): Float32Array {
  return Float32Array.from(vectors, (vector) => (vector === undefined ? Number.NaN : dot(vector, question)));
}

function dot(one: Float32Array, other: Float32Array): number {
  if (one.length !== other.length) return Number.NaN;
  let sum = 0;
  for (let at = 0; at < one.length; at += 1) sum += (one[at] ?? 0) * (other[at] ?? 0);
  return sum;
}
