import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { sql } from 'kysely';
import type { SkipReason } from './eligibility.ts';
import type { IndexedFile } from './plan.ts';
import type { Lease } from './store.ts';

const ownTenant = sql`current_setting('app.tenant_id')::uuid`;

/** All files of a repository that searches see or that an unfinished run wrote. */
export async function selectIndexed(tx: Tx, { id, generation }: Lease): Promise<readonly IndexedFile[]> {
  const { rows } = await sql<IndexedFile>`
    select id, path, blob_sha as "blobSha", model, visible_from <= ${generation}::bigint as visible,
           visible_until is not null as leaving
    from mcp.repository_files
    where repository_id = ${id} and (visible_until is null or visible_until > ${generation}::bigint)`.execute(tx);
  return rows;
}

/** Lets the next generation leave these files out. */
export async function leaveOut(tx: Tx, { id, generation }: Lease, fileIds: readonly string[]): Promise<void> {
  await sql`
    update mcp.repository_files set visible_until = ${generation + 1}::bigint
    where repository_id = ${id} and id = any(${fileIds}::uuid[])`.execute(tx);
}

/** Takes `leaveOut` back. */
export async function keepIn(tx: Tx, { id }: Lease, fileIds: readonly string[]): Promise<void> {
  await sql`
    update mcp.repository_files set visible_until = null
    where repository_id = ${id} and id = any(${fileIds}::uuid[])`.execute(tx);
}

/** Deletes files with their chunks. */
export async function deleteFiles(tx: Tx, { id }: Lease, fileIds: readonly string[]): Promise<void> {
  await sql`
    delete from mcp.repository_files where repository_id = ${id} and id = any(${fileIds}::uuid[])`.execute(tx);
}

/** Deletes up to `limit` files that no generation from the present one on sees. Returns how many. */
export async function deleteOutdated(tx: Tx, repositoryId: string, limit: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    with gone as (
      delete from mcp.repository_files where repository_id = ${repositoryId} and id in (
        select file.id from mcp.repository_files as file
        join mcp.github_repositories as repository on repository.id = file.repository_id
        where file.repository_id = ${repositoryId} and file.visible_until <= repository.generation limit ${limit})
      returning 1)
    select count(*)::integer as count from gone`.execute(tx);
  return rows[0]?.count ?? 0;
}

/** A chunk of which an embedding is stored, in some file. */
export interface KnownChunk {
  readonly heading: string;
  readonly text: string;
  /** As pgvector writes it. */
  readonly embedding: string;
}

interface KnownFilter {
  readonly repositoryId: string;
  readonly model: string;
  readonly paths: readonly string[];
  readonly blobShas: readonly string[];
}

/** Chunks of these paths as they were before, and of these contents wherever they are. */
export async function selectKnownChunks(tx: Tx, filter: KnownFilter): Promise<readonly KnownChunk[]> {
  const { rows } = await sql<KnownChunk>`
    select distinct on (chunk.heading, chunk.text) chunk.heading, chunk.text, chunk.embedding::text as embedding
    from mcp.repository_files as file
    join mcp.code_embeddings as chunk on chunk.repository_id = file.repository_id and chunk.file_id = file.id
    where file.repository_id = ${filter.repositoryId} and file.model = ${filter.model}
      and (file.path = any(${filter.paths}::text[]) or file.blob_sha = any(${filter.blobShas}::text[]))
    order by chunk.heading, chunk.text`.execute(tx);
  return rows;
}

export interface NewFile {
  readonly id: string;
  readonly path: string;
  readonly blobSha: string;
  readonly lines: number;
  readonly skipped: SkipReason | undefined;
  readonly chunks: readonly NewChunk[];
}

export interface NewChunk {
  readonly startLine: number;
  readonly endLine: number;
  readonly heading: string;
  readonly text: string;
  /** Words of path and heading. */
  readonly names: string;
  /** Words of the text. */
  readonly words: string;
  /** Fresh, or as pgvector writes it. */
  readonly embedding: Float32Array | string;
}

interface NewFiles {
  readonly lease: Lease;
  readonly commit: string;
  readonly model: string;
  readonly files: readonly NewFile[];
}

/** Inserts files for the next generation, with their chunks. */
export async function insertFiles(tx: Tx, { lease, commit, model, files }: NewFiles): Promise<void> {
  const column = <Value>(of: (file: NewFile) => Value): Value[] => files.map(of);
  await sql`
    insert into mcp.repository_files
      (tenant_id, repository_id, id, path, blob_sha, model, lines, chunk_count, skipped, "commit", visible_from)
    select ${ownTenant}, ${lease.id}, id, path, blob_sha, ${model}, lines, chunk_count, skipped, ${commit},
           ${lease.generation + 1}::bigint
    from unnest(${column((file) => file.id)}::uuid[], ${column((file) => file.path)}::text[],
      ${column((file) => file.blobSha)}::text[], ${column((file) => file.lines)}::integer[],
      ${column((file) => file.chunks.length)}::integer[], ${column((file) => file.skipped ?? null)}::text[])
      as file (id, path, blob_sha, lines, chunk_count, skipped)`.execute(tx);
  const chunks = files.flatMap((file) => file.chunks.map((chunk) => ({ ...chunk, fileId: file.id })));
  if (chunks.length > 0) await insertChunks(tx, { lease, model, chunks });
}

interface NewChunks {
  readonly lease: Lease;
  readonly model: string;
  readonly chunks: readonly (NewChunk & { readonly fileId: string })[];
}

async function insertChunks(tx: Tx, { lease, model, chunks }: NewChunks): Promise<void> {
  const column = <Value>(of: (chunk: NewChunk & { readonly fileId: string }) => Value): Value[] => chunks.map(of);
  await sql`
    insert into mcp.code_embeddings
      (tenant_id, repository_id, file_id, start_line, end_line, heading, text, model, embedding, search)
    select ${ownTenant}, ${lease.id}, file_id, start_line, end_line, heading, text, ${model}, embedding,
           setweight(to_tsvector('pg_catalog.english', names), 'A') || to_tsvector('pg_catalog.english', words)
    from unnest(${column((chunk) => chunk.fileId)}::uuid[], ${column((chunk) => chunk.startLine)}::integer[],
      ${column((chunk) => chunk.endLine)}::integer[], ${column((chunk) => chunk.heading)}::text[],
      ${column((chunk) => chunk.text)}::text[], ${column((chunk) => chunk.names)}::text[],
      ${column((chunk) => chunk.words)}::text[], ${column((chunk) => chunk.embedding)}::vector[])
      as chunk (file_id, start_line, end_line, heading, text, names, words, embedding)`.execute(tx);
}

/** Refuses a model whose vectors the table cannot hold. */
export function requireDimensions(dimensions: number): void {
  if (dimensions === 384) return;
  throw new MeshError(
    'invalid_config',
    `The embedding model has ${String(dimensions)} dimensions, but code is stored with 384.`,
  );
}
