import { z } from 'zod';
import { defineOperation } from '../operation.ts';
import { id, instant, pageOf, pageQuery } from '../schemas.ts';

const repository = z.object({
  id,
  name: z.string(),
  path: z.string().describe('The folder of the git repository, as the rag-loader sees it, without symbolic links.'),
  status: z.enum(['queued', 'indexing', 'ready', 'failed']),
  error: z.string().optional(),
  commit: z.string().optional().describe('The commit that is searchable.'),
  branch: z.string().optional(),
  fileCount: z.number().int(),
  chunkCount: z.number().int(),
  progress: z.number().min(0).max(1).describe('Of the run that waits or is under way; 1 when none does.'),
  createdAt: instant,
  indexedAt: instant.optional(),
});

const searchBody = z.object({
  query: z.string().min(1).max(2000).describe('A question or words, in plain language.'),
  repositoryId: id.optional().describe('Absent: all repositories.'),
  limit: z.number().int().min(1).max(50).default(10),
});

const hit = z.object({
  repositoryId: id,
  repository: z.string(),
  commit: z.string(),
  path: z.string(),
  startLine: z.number().int(),
  endLine: z.number().int(),
  heading: z.string(),
  text: z.string(),
  score: z.number().describe('Higher is closer; comparable within one answer only.'),
});

export const knowledgeOperations = {
  addRepository: defineOperation({
    id: 'knowledge.addRepository',
    method: 'POST',
    path: '/repositories',
    summary: 'Index a local git repository',
    description:
      'Only files that git tracks, at HEAD. The folder must lie under REPOSITORY_ROOTS. Indexing runs in the background.',
    scope: 'knowledge:write',
    body: z.object({
      name: z.string().min(1).max(200),
      path: z.string().min(1).max(4096),
    }),
    status: 202,
    response: repository,
    errors: ['conflict', 'forbidden', 'not_found'],
    idempotencyKey: true,
    cli: 'repositories add',
  }),
  listRepositories: defineOperation({
    id: 'knowledge.listRepositories',
    method: 'GET',
    path: '/repositories',
    summary: 'List repositories and how far their index is',
    scope: 'knowledge:read',
    query: pageQuery,
    status: 200,
    response: pageOf(repository),
    errors: [],
    mcp: { tool: 'devmesh.repository.list', readOnly: true },
    cli: 'repositories list',
  }),
  reindex: defineOperation({
    id: 'knowledge.reindex',
    method: 'POST',
    path: '/repositories/{repositoryId}/index',
    summary: 'Index a repository again at its present HEAD; unchanged files cost nothing',
    scope: 'knowledge:write',
    params: z.object({ repositoryId: id }),
    status: 202,
    response: repository,
    errors: ['not_found'],
    cli: 'repositories index',
  }),
  search: defineOperation({
    id: 'knowledge.search',
    method: 'POST',
    path: '/search',
    summary: 'Search code by meaning and by words; answers with file, lines and commit',
    description:
      '`outcome` tells an empty answer apart: `no_match` (searched, nothing fits) or `not_indexed` (nothing to search yet). `stale` repositories have newer commits than the index.',
    scope: 'knowledge:read',
    body: searchBody,
    status: 200,
    response: z.object({
      outcome: z.enum(['matches', 'no_match', 'not_indexed']),
      hits: z.array(hit),
      stale: z.array(z.object({ repositoryId: id, indexed: z.string(), head: z.string() })),
    }),
    errors: ['not_found'],
    mcp: { tool: 'devmesh.search.semantic', readOnly: true },
    cli: 'search',
  }),
};
