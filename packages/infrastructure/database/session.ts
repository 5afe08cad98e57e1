/** What one statement gave. */
export interface SqlResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** The first word of the command tag, e.g. `INSERT` or `COMMIT`. */
  readonly command: string;
  readonly rowCount: number;
}

/** One connection to the engine, lent to one transaction at a time. */
export interface Session {
  /**
   * Runs the script that a transaction starts with. It asks nothing of the engine, so one that does not answer it soon
   * hangs and is given up, while a statement may take its time.
   */
  begin(text: string): Promise<void>;
  /** Runs one statement with parameters. */
  query(text: string, values: readonly unknown[]): Promise<SqlResult>;
  /** Runs many statements without parameters in one round trip and returns the last one's result. */
  script(text: string): Promise<SqlResult>;
  /** Gives the connection back; a broken one is thrown away. Call it once. */
  release(broken: boolean): void;
}

/** Lends connections; waits for a free one for a bounded time and then throws `unavailable`. */
export interface SessionPool {
  /** Where connections are scarce, those who ask for the same lane take turns with all others. */
  lend(lane: string): Promise<Session>;
}
