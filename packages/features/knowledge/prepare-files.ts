import { MeshError } from '@devmesh/foundation';
import { embeddingText } from './chunk-embedding.ts';
import { chunk } from './chunk.ts';
import type { Chunk } from './chunker.ts';
import { countLines, reasonToSkip, type SkipReason } from './eligibility.ts';
import { readBlobs, type TrackedFile } from './git-repository.ts';
import { searchableWords } from './lexical.ts';
import type { Run, RunContext } from './run-context.ts';
import { selectKnownChunks, type NewChunk, type NewFile } from './store-files.ts';

/** Files with everything that their rows need. */
export interface PreparedFiles {
  readonly files: readonly NewFile[];
  readonly embedded: number;
  readonly reused: number;
}

interface SplitFile {
  readonly file: TrackedFile;
  readonly lines: number;
  readonly skipped: SkipReason | undefined;
  readonly chunks: readonly Chunk[];
}

interface Source {
  readonly folder: string;
  readonly files: readonly TrackedFile[];
}

/** Reads files from git, splits them, and embeds the chunks that are not known from before. */
export async function prepareFiles(context: RunContext, run: Run, { folder, files }: Source): Promise<PreparedFiles> {
  const blobs = await readBlobs(
    folder,
    files.map(({ blobSha }) => blobSha),
    run.signal,
  );
  const split = files.map((file) => splitFile(file, blobs.get(file.blobSha) ?? Buffer.alloc(0)));
  const known = await findKnown(context, run, files);
  const missing = split.flatMap(({ file, chunks }) =>
    chunks.filter((one) => !known.has(keyOf(one))).map((one) => ({ path: file.path, one })),
  );
  const fresh = await embed(context, run, missing);
  const embeddingOf = (one: Chunk): Float32Array | string => {
    const embedding = fresh.get(one) ?? known.get(keyOf(one));
    if (embedding === undefined) throw new MeshError('internal', 'The embedding model left out a text.');
    return embedding;
  };
  const total = split.reduce((sum, { chunks }) => sum + chunks.length, 0);
  return {
    files: split.map((one) => toRow(one, context.newId(), embeddingOf)),
    embedded: missing.length,
    reused: total - missing.length,
  };
}

function splitFile(file: TrackedFile, content: Buffer): SplitFile {
  const skipped = reasonToSkip(content);
  const text = skipped === undefined ? new TextDecoder().decode(content) : '';
  return { file, lines: countLines(content), skipped, chunks: chunk({ path: file.path, text }) };
}

/**
 * What is stored of these paths and these contents. A chunk that an edit left alone, or that moved with its file, keeps
 * its embedding; of a moved file that embedding still holds the words of the former path, while its search words are new.
 */
async function findKnown(
  { database, embedder }: RunContext,
  { tenantId, lease }: Run,
  files: readonly TrackedFile[],
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.tenant(tenantId, (tx) =>
    selectKnownChunks(tx, {
      repositoryId: lease.id,
      model: embedder.model.name,
      paths: files.map(({ path }) => path),
      blobShas: files.map(({ blobSha }) => blobSha),
    }),
  );
  return new Map(rows.map((row) => [keyOf(row), row.embedding]));
}

function keyOf({ heading, text }: Pick<Chunk, 'heading' | 'text'>): string {
  return `${heading}\0${text}`;
}

async function embed(
  { embedder }: RunContext,
  { signal }: Run,
  missing: readonly { readonly path: string; readonly one: Chunk }[],
): Promise<ReadonlyMap<Chunk, Float32Array>> {
  if (missing.length === 0) return new Map();
  const texts = missing.map(({ path, one }) => embeddingText(path, one));
  const vectors = await embedder.embed(texts, 'passage', signal);
  return new Map(missing.flatMap(({ one }, index) => pair(one, vectors[index])));
}

function pair(one: Chunk, vector: Float32Array | undefined): [Chunk, Float32Array][] {
  return vector === undefined ? [] : [[one, vector]];
}

function toRow(
  { file, lines, skipped, chunks }: SplitFile,
  id: string,
  embeddingOf: (one: Chunk) => Float32Array | string,
): NewFile {
  const rows = chunks.map((one): NewChunk => ({
    startLine: one.startLine,
    endLine: one.endLine,
    heading: one.heading,
    text: one.text,
    names: searchableWords(`${file.path} ${one.heading}`),
    words: searchableWords(one.text),
    embedding: embeddingOf(one),
  }));
  return { id, path: file.path, blobSha: file.blobSha, lines, skipped, chunks: rows };
}
