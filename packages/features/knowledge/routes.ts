import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { SearchAnswer } from './search.ts';
import type { Knowledge } from './service.ts';
import type { RepositoryRow } from './store.ts';

/** The routes of knowledge. */
export function knowledgeRoutes({ knowledge }: { readonly knowledge: Knowledge }): readonly Route[] {
  return [
    route(operations.knowledge.addRepository, async ({ principal, body, remember }) =>
      presentRepository(
        await knowledge.addRepository(principal, body, (tx, row) => remember(tx, presentRepository(row))),
      ),
    ),
    route(operations.knowledge.listRepositories, async ({ principal, query }) => {
      const page = await knowledge.listRepositories(principal, query);
      return { ...page, items: page.items.map(presentRepository) };
    }),
    route(operations.knowledge.reindex, async ({ principal, params }) =>
      presentRepository(await knowledge.reindex(principal, params.repositoryId)),
    ),
    route(operations.knowledge.search, async ({ principal, body }) =>
      presentAnswer(await knowledge.search(principal, body)),
    ),
  ];
}

function presentRepository(row: RepositoryRow): ResponseOf<typeof operations.knowledge.reindex> {
  return {
    id: row.id,
    name: row.name,
    path: row.path,
    status: row.status,
    fileCount: row.fileCount,
    chunkCount: row.chunkCount,
    progress: row.progress,
    createdAt: row.createdAt.toISOString(),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.commit === null ? {} : { commit: row.commit }),
    ...(row.branch === null ? {} : { branch: row.branch }),
    ...(row.indexedAt === null ? {} : { indexedAt: row.indexedAt.toISOString() }),
  };
}

function presentAnswer({ outcome, hits, stale }: SearchAnswer): ResponseOf<typeof operations.knowledge.search> {
  return {
    outcome,
    stale: [...stale],
    hits: hits.map((hit) => ({
      repositoryId: hit.repositoryId,
      repository: hit.repository,
      commit: hit.commit,
      path: hit.path,
      startLine: hit.startLine,
      endLine: hit.endLine,
      heading: hit.heading,
      text: hit.text,
      score: hit.score,
    })),
  };
}
