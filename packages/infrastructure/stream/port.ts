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
  /** The stream's id of the entry, for `acknowledge`. */
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

/** Which entries may be taken over. */
export interface ClaimOptions {
  readonly count: number;
  /** How long an entry must have been left alone after its first delivery. */
  readonly idleMilliseconds: number;
  /** The time doubles with each delivery, up to this; absent, it stays the same. */
  readonly maximumIdleMilliseconds?: number;
}

/** A durable, ordered log with consumer groups: at-least-once delivery. */
export interface Stream {
  /** Appends entries in order, in one round trip; durable (as far as the engine is) when it resolves. */
  append(topic: string, entries: readonly StreamEntry[]): Promise<void>;
  /** Makes the group exist, reading from the start of the topic. Safe to call again. */
  createGroup(topic: string, group: string): Promise<void>;
  /** Up to `count` new entries; waits up to `waitMilliseconds` for the first. Resolves empty on time-out or abort. */
  read(
    reader: Reader,
    options: { count: number; waitMilliseconds: number; signal?: AbortSignal },
  ): Promise<readonly Delivery[]>;
  /** Takes over up to `count` entries that other consumers (or this one) have held unacknowledged for too long. */
  claim(reader: Reader, options: ClaimOptions): Promise<readonly Delivery[]>;
  /** Says that this consumer still works on these entries, so that nobody takes them over yet. Entries it no longer holds are ignored. */
  hold(reader: Reader, entryIds: readonly string[]): Promise<void>;
  /** Forgets entries for this group. Unknown ids are ignored. */
  acknowledge(topic: string, group: string, entryIds: readonly string[]): Promise<void>;
  /** Entries not yet delivered (all of them where the group does not exist yet), and delivered but not acknowledged. */
  backlog(topic: string, group: string): Promise<{ readonly waiting: number; readonly held: number }>;
  /** Removes entries that every group has acknowledged, and none while a topic has no group. Returns how many. */
  trim(topic: string): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}
