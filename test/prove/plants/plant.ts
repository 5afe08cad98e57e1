/** A bug that a check has to catch. */
interface Plant {
  readonly name: string;
  /** What the bug breaks. */
  readonly breaks: string;
  readonly check: string;
  /** A part of what the check has to report. */
  readonly caughtBy: RegExp;
}

/** A bug of the database, planted in a transaction that is undone. */
export interface SqlPlant extends Plant {
  readonly check: 'catalogue' | 'probes';
  readonly sql: string;
}

/** A bug of the program, planted in a copy of the tree: one text replaced. */
export interface TextPlant extends Plant {
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}
