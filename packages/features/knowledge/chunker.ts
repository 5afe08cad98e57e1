/** A file as it is in the repository. */
export interface SourceFile {
  /** Relative to the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** A run of lines that is embedded and found as one. */
export interface Chunk {
  /** Counted from 1. */
  readonly startLine: number;
  /** Included. */
  readonly endLine: number;
  /** The lines joined by `\n`; one line longer than a chunk may be is cut. */
  readonly text: string;
  /** The declarations or headings it lies in, outermost first; empty when there are none. */
  readonly heading: string;
}

/** Splits files of some language. Ranges ascend, never overlap, and leave out nothing but blank lines. */
export type Chunker = (file: SourceFile) => readonly Chunk[];

/** What the chunkers keep to. */
export const chunkLimits = { lines: 60, characters: 1800 } as const;
