/** A bug that is planted in a copy of the tree: one text replaced, and the run that has to fail because of it. */
export interface Plant {
  readonly name: string;
  /** What the bug breaks. */
  readonly breaks: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** The run that catches it, in a small size. */
  readonly run: readonly string[];
  /** What the figures of that run say, as a part of one of its failures. */
  readonly caughtBy: RegExp;
}

/** Every plant. */
export const plants: readonly Plant[] = [];
