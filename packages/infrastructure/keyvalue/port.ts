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
  /** Adds to a counter, which starts at 0 and expires `ttlSeconds` after its first increment. Returns the new value. */
  increment(key: string, by: number, ttlSeconds: number): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
