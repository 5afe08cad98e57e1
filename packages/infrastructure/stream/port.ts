/** Something to be worked on. The truth is a row in the database; an entry only tells where to look. */
export interface StreamEntry {
  /** The tenant whose work this is. */
  readonly tenantId: string;
  /** What kind of work, within the topic. */
  readonly kind: string;
  /** The row to look at. */
  readonly subjectId: string;
  /** W3C `traceparent` of the work that caused it. */
  readonly traceparent?: string | undefined;
}

/** An entry as one consumer holds it. */
export interface Delivery extends StreamEntry {
  /** The stream's id of the entry, for `acknowledge`, `hold` and `release`. */
  readonly entryId: string;
  /** How often it was delivered, this time included; 1 the first time. */
  readonly deliveries: number;
}

/** Names one reader: entries of a topic go to one consumer of each group. */
export interface Reader {
  readonly topic: string;
  readonly group: string;
  readonly consumer: string;
}

/** What a read hands out, and how long it waits for it. */
export interface ReadOptions {
  readonly count: number;
  /** How long to wait for the first entry. */
  readonly waitMilliseconds: number;
  /** Tenants that get nothing this time; their entries stay unread. */
  readonly except?: readonly string[];
  readonly signal?: AbortSignal;
}

/** Which entries may be taken over. */
export interface ClaimOptions {
  readonly count: number;
  /** How long an entry must have been left alone after its first delivery; by chance up to a quarter less. */
  readonly idleMilliseconds: number;
  /** The time doubles with each delivery, up to this; absent, it stays the same. */
  readonly maximumIdleMilliseconds?: number;
}

/** How much a group has before it. */
export interface Backlog {
  /** Entries not delivered or given back; all of the topic where the group does not exist yet. Adapters may stop counting at 100,000. */
  readonly waiting: number;
  /** Entries delivered and not acknowledged. */
  readonly held: number;
}

/**
 * A durable log with consumer groups: at-least-once delivery, in order within a tenant and fair between tenants.
 * Within a group `read` goes round the tenants that have unread entries, one entry each: a tenant waits for as many
 * entries as there are other tenants, however much one of them has queued.
 */
export interface Stream {
  /** Appends entries in order; durable (as far as the engine is) when it resolves. */
  append(topic: string, entries: readonly StreamEntry[]): Promise<void>;
  /** Makes the group exist, reading from the start of the topic. Safe to call again. */
  createGroup(topic: string, group: string): Promise<void>;
  /** Up to `count` unread entries. Resolves empty on time-out or abort, otherwise with at least one. */
  read(reader: Reader, options: ReadOptions): Promise<readonly Delivery[]>;
  /** Takes over up to `count` entries that other consumers (or this one) have held unacknowledged for too long. */
  claim(reader: Reader, options: ClaimOptions): Promise<readonly Delivery[]>;
  /** Says that this consumer still works on these entries, so that nobody takes them over yet. Entries it no longer holds are ignored. */
  hold(reader: Reader, entryIds: readonly string[]): Promise<void>;
  /**
   * Gives entries back that this consumer did not begin: they are unread again, in their old place among those of their
   * tenant, and this delivery is not counted. Entries it no longer holds are ignored.
   */
  release(reader: Reader, entryIds: readonly string[]): Promise<void>;
  /** Forgets delivered entries for this group, and removes those that no group needs any more. Unknown ids are ignored. */
  acknowledge(topic: string, group: string, entryIds: readonly string[]): Promise<void>;
  backlog(topic: string, group: string): Promise<Backlog>;
  /**
   * Clears away what acknowledgements left behind. An entry that some group has not acknowledged stays, and all of them
   * while the topic has no group. Returns how many entries were removed.
   */
  trim(topic: string): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
