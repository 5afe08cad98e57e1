import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Database, Embedder } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';
import { queryWords } from './lexical.ts';
import { rank, type Ranked } from './rules.ts';
import { selectForSearch, type RepositoryRow } from './store.ts';
import { selectCandidates, type CandidateRow } from './store-search.ts';
import type { HeadReader } from './staleness.ts';

export interface SearchOptions {
  readonly database: Database;
  readonly embedder: Embedder;
  readonly telemetry: Telemetry;
  readonly readHead: HeadReader;
}

export interface SearchRequest {
  readonly query: string;
  /** Absent: all repositories. */
  readonly repositoryId?: string | undefined;
  readonly limit: number;
}

/** A repository whose HEAD is no longer the commit that is searchable. */
interface StaleRepository {
  readonly repositoryId: string;
  readonly indexed: string;
  readonly head: string;
}

/** An answer; without hits the outcome tells why. */
export interface SearchAnswer {
  readonly outcome: 'matches' | 'no_match' | 'not_indexed';
  readonly hits: readonly Ranked<CandidateRow>[];
  readonly stale: readonly StaleRepository[];
}

const lookCloselyAt = 100;

/** Searches by meaning and by words what is indexed, and tells where the index is behind. */
export async function search(
  options: SearchOptions,
  principal: Principal,
  request: SearchRequest,
): Promise<SearchAnswer> {
  const { metrics, tracer } = options.telemetry;
  const answer = await tracer.span('knowledge.search', {}, () => answerTo(options, principal, request));
  metrics.count('devmesh_knowledge_searches_total', { outcome: answer.outcome });
  return answer;
}

async function answerTo(
  options: SearchOptions,
  { tenantId }: Principal,
  request: SearchRequest,
): Promise<SearchAnswer> {
  const { query, repositoryId, limit } = request;
  const { database, embedder } = options;
  const repositories = await database.tenant(tenantId, (tx) => selectForSearch(tx, repositoryId));
  if (repositoryId !== undefined && repositories.length === 0) {
    throw new MeshError('not_found', `There is no repository ${repositoryId}.`);
  }
  const indexed = repositories.filter((repository) => repository.commit !== null);
  if (indexed.length === 0) return { outcome: 'not_indexed', hits: [], stale: [] };
  const [[vector], stale] = await Promise.all([
    embedder.embed([query], 'question'),
    findStale(options.readHead, indexed),
  ]);
  if (vector === undefined) throw new MeshError('internal', 'The embedding model gave no vector for the question.');
  const model = embedder.model.name;
  const words = queryWords(query);
  const candidates = await database.tenant(tenantId, (tx) =>
    selectCandidates(tx, { repositoryId, vector, model, words, count: lookCloselyAt }),
  );
  const hits = rank(candidates, { query, limit });
  return { outcome: hits.length > 0 ? 'matches' : 'no_match', hits, stale };
}

const readAtOnce = 8;

async function findStale(
  readHead: HeadReader,
  repositories: readonly RepositoryRow[],
): Promise<readonly StaleRepository[]> {
  const stale: StaleRepository[] = [];
  for (let start = 0; start < repositories.length; start += readAtOnce) {
    const some = repositories.slice(start, start + readAtOnce);
    const heads = await Promise.all(some.map(({ path }) => readHead(path)));
    for (const [index, { id, commit }] of some.entries()) {
      const head = heads[index];
      if (commit !== null && head !== undefined && head !== commit) {
        stale.push({ repositoryId: id, indexed: commit, head });
      }
    }
  }
  return stale;
}
