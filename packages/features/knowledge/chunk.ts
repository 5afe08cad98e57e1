import { chunkByLines } from './chunk-by-lines.ts';
import type { Chunk, Chunker, SourceFile } from './chunker.ts';

// Languages that are split by their syntax, by file extension; every other file is split by its lines.
const chunkers: ReadonlyMap<string, Chunker> = new Map();

/** Splits a file into chunks of at most 60 lines and 1,800 characters, by the best chunker for its language. */
export function chunk(file: SourceFile): readonly Chunk[] {
  const extension = file.path.slice(file.path.lastIndexOf('.') + 1).toLowerCase();
  return (chunkers.get(extension) ?? chunkByLines)(file);
}
