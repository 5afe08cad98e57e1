/** Short-lived values. Keys start with the tenant id (`<tenant>:<room>:<key>`) except where a value belongs to nobody. */
export interface KeyValue {
  /** Whether other processes see the same values. */
  readonly shared: boolean;
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
  /**
   * Takes one of each allowance, or nothing at all where one of them is used up; exact across processes, in one round trip.
   * All belong to one `scope` (a tenant). A key keeps to one limit and window. Answers in the order asked.
   */
  takeAll(scope: string, wanted: readonly Allowance[]): Promise<readonly Taken[]>;
  /** What `takeAll` would find, without taking anything. */
  lookAll(scope: string, wanted: readonly Allowance[]): Promise<readonly Taken[]>;
  /**
   * Puts a member on a list for `ttlSeconds`, or gives it a new end. Beyond `maximum` those that end first fall off;
   * returns them.
   */
  enlist(list: string, member: string, options: { ttlSeconds: number; maximum: number }): Promise<readonly string[]>;
  /** Takes a member off a list; whether it was there. */
  delist(list: string, member: string): Promise<boolean>;
  /** The members whose time is not over, those that end first first. */
  listed(list: string): Promise<readonly Listed[]>;
  /** Deletes every value, list and allowance of a tenant. It looks at every key there is: for the end of a tenant only. */
  deleteTenant(tenantId: string): Promise<void>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** `limit` at once, refilled evenly over the window. */
export interface Allowance {
  readonly key: string;
  readonly limit: number;
  readonly windowSeconds: number;
}

/** What a take found, and left. */
export interface Taken {
  /** Whether this allowance had one to give. */
  readonly allowed: boolean;
  /** How many more may be taken at once. */
  readonly remaining: number;
  /** Whole seconds until one more may be taken; 0 while some remain. */
  readonly resetSeconds: number;
  /** Whole seconds until all of it may be taken at once again. */
  readonly fullSeconds: number;
}

/** A member of a list. */
export interface Listed {
  readonly member: string;
  /** Unix milliseconds. */
  readonly endsAt: number;
}
