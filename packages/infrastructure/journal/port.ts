/** A note that outlives the process until it is settled. */
export interface Note {
  readonly group: string;
  readonly text: string;
  /** What it tells of is done: nobody needs it any more. Safe to call twice. */
  settle(): void;
  /** What it tells of cannot be done now: nobody waits for it any more, and a later process finds it again. */
  leave(): void;
}

/**
 * Notes of what is still to be done, so that somebody may be answered before it is: they survive `kill -9`, not a power cut. For a process
 * whose database lies on the same disk and promises no more.
 */
export interface Journal {
  /** Notes of earlier processes that were not settled, in the order in which they were kept. */
  readonly left: readonly Note[];
  /** Notes that are neither settled nor left, those of earlier processes among them. */
  readonly open: number;
  /** Resolves once another process would find the note; rejects with `unavailable` where it cannot be written. */
  keep(group: string, text: string): Promise<Note>;
  /** Resolves once no note of the group is open that was asked to be kept before. */
  done(group: string): Promise<void>;
  close(): Promise<void>;
}
