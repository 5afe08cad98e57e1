import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { Candidate } from './rules.ts';

export interface CandidateRow extends Candidate {
  readonly repository: string;
  readonly commit: string;
  readonly endLine: number;
  readonly heading: string;
  readonly text: string;
}

interface SearchFilter {
  readonly repositoryId: string | undefined;
  readonly vector: Float32Array;
  readonly model: string;
  /** Letters and digits only. */
  readonly words: readonly string[];
  /** How many are taken by meaning, and as many by words. */
  readonly count: number;
}

/**
 * The nearest chunks by meaning and the best by words, in one statement and so of one state of the index.
 * Both compare exactly, within one tenant: 15 to 30 ms for each 1,000 chunks searched, whatever others store.
 * Words weigh by their rarity (as in BM25), for in code "return" says little and a name says nearly everything.
 */
export async function selectCandidates(tx: Tx, filter: SearchFilter): Promise<readonly CandidateRow[]> {
  const { rows } = await sql<CandidateRow>`
    with chunk as materialized (
      -- Put together with nothing, a stored tsvector is unpacked once instead of once for each word.
      select repository.id as repository_id, chunk.file_id, chunk.start_line, chunk.search || ''::tsvector as search,
             case when chunk.model = ${filter.model} then 1 - (chunk.embedding <=> ${filter.vector}::vector) end as similarity
      from mcp.github_repositories as repository
      join mcp.repository_files as file
        on file.tenant_id = repository.tenant_id and file.repository_id = repository.id
        and file.visible_from <= repository.generation
        and (file.visible_until is null or file.visible_until > repository.generation)
      join mcp.code_embeddings as chunk
        on chunk.tenant_id = file.tenant_id and chunk.repository_id = file.repository_id and chunk.file_id = file.id
      where repository.commit is not null
        and (${filter.repositoryId ?? null}::uuid is null or repository.id = ${filter.repositoryId ?? null}::uuid)
    ), word as (
      -- A stop word leaves an empty query; words with one stem count once.
      select distinct query from (
        select to_tsquery('pg_catalog.english', quote_literal(word)) as query from unnest(${filter.words}::text[]) as word
      ) as stemmed where numnode(query) > 0
    ), matched as (
      select chunk.repository_id, chunk.file_id, chunk.start_line, word.query, ts_rank('{0.5,0.5,0.5,1}', chunk.search, word.query) as rank
      from chunk join word on chunk.search @@ word.query
    ), weighed as (
      select word.query, ln(1 + (total.chunks - count(matched.query) + 0.5) / (count(matched.query) + 0.5)) as weight
      from word left join matched on matched.query = word.query
      cross join (select count(*) as chunks from chunk) as total
      group by word.query, total.chunks
    ), scored as (
      select repository_id, file_id, start_line, sum(weight * rank) as lexical,
             sum(weight) / (select sum(weight) from weighed) as coverage
      from matched join weighed using (query) group by repository_id, file_id, start_line
    ), candidate as (
      select repository_id, file_id, start_line, similarity, coalesce(lexical, 0) as lexical, coalesce(coverage, 0) as coverage,
             row_number() over (order by similarity desc nulls last) as near,
             row_number() over (order by lexical desc nulls last) as worded
      from chunk left join scored using (repository_id, file_id, start_line)
    )
    select candidate.repository_id as "repositoryId", repository.name as repository, repository.commit, file.path,
           chunk.start_line as "startLine", chunk.end_line as "endLine", chunk.heading, chunk.text,
           candidate.similarity, candidate.lexical::double precision as lexical,
           candidate.coverage::double precision as coverage
    from candidate
    join mcp.github_repositories as repository on repository.id = candidate.repository_id
    join mcp.repository_files as file
      on file.tenant_id = repository.tenant_id and file.repository_id = repository.id and file.id = candidate.file_id
    join mcp.code_embeddings as chunk
      on chunk.tenant_id = file.tenant_id and chunk.repository_id = file.repository_id and chunk.file_id = file.id
      and chunk.start_line = candidate.start_line
    where candidate.near <= ${filter.count} or (candidate.worded <= ${filter.count} and candidate.lexical > 0)`.execute(
    tx,
  );
  return rows;
}
