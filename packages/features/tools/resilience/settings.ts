/** How calls of one service are carried out. */
export interface ExecutionSettings {
  /** Of one try. */
  readonly timeoutMilliseconds: number;
  /** Of a call with all its tries and waits. */
  readonly budgetMilliseconds: number;
  /** Tries after the first, of calls that may be repeated. */
  readonly retries: number;
  /** Calls of one host at the same time. */
  readonly concurrent: number;
  /** Calls that may wait for their turn. */
  readonly queue: number;
  /** Failures in a row after which the host is left alone. */
  readonly breakAfter: number;
  /** How long it is left alone at first. */
  readonly openMilliseconds: number;
  /** Whether answers of reads are kept as long as the service allows. */
  readonly cacheReads: boolean;
}

/** What holds where an organization has set nothing. */
export const defaultSettings: ExecutionSettings = {
  timeoutMilliseconds: 30_000,
  budgetMilliseconds: 60_000,
  retries: 2,
  concurrent: 32,
  queue: 128,
  breakAfter: 5,
  openMilliseconds: 10_000,
  cacheReads: true,
};
