/** Short-lived values. Keys start with the tenant id (`<tenant>:<room>:<key>`) except where a value belongs to nobody. */
export interface KeyValue {
  get(key: string): Promise<string | undefined>;
  /** Stores a value for `ttlSeconds`. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Stores only where nothing is; whether it did. */
  setIfAbsent(key: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Replaces `expected` by `value` atomically; whether it did. */
  replace(key: string, expected: string, value: string, ttlSeconds: number): Promise<boolean>;
  /** Deletes, where `expected` is given only if the value equals it; whether it did. */
  delete(key: string, expected?: string): Promise<boolean>;
  /**
   * Adds to a counter, which starts at 0 and expires `ttlSeconds` after its first increment. Returns the new value.
   * Throws `invalid_state` where the value is not a whole number.
   */
  increment(key: string, by: number, ttlSeconds: number): Promise<number>;
  /** Takes one of `limit` that refill evenly over `windowSeconds`; exact across processes. A key keeps to one limit and window. */
  take(key: string, limit: number, windowSeconds: number): Promise<Taken>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** What a `take` gave. */
export interface Taken {
  readonly allowed: boolean;
  /** How many more may be taken at once. */
  readonly remaining: number;
  /** Whole seconds until one more may be taken; 0 while some remain. */
  readonly resetSeconds: number;
}
