import type { Transaction } from 'kysely';

/** Rows of no table: stores narrow it to their own tables with `tx.withTables<TheirTables>()`. */
// oxlint-disable-next-line typescript/no-empty-object-type
export type NoTables = {};

/**
 * One open transaction, already bound to its tenant (or to a named system job).
 * Text goes through Kysely's `sql` template or builder, so values are always parameters.
 */
export type Tx = Transaction<NoTables>;

/** The few jobs that may look across tenants. Each is a reviewed decision: add one only with a policy in a migration. */
export type SystemJob =
  | 'authenticate'
  | 'register-organization'
  | 'webhook-receive'
  | 'sweep'
  | 'stream'
  | 'health'
  | 'deliver'
  | 'retention'
  | 'delete-organization'
  | 'vault'
  | 'audit-seal';

/** What an engine can do that another cannot. */
export interface DatabaseTraits {
  /** Whether several processes may share it. */
  readonly shared: boolean;
  /** Whether a committed transaction survives a power cut (fsync). */
  readonly survivesPowerCut: boolean;
}

/** The relational store. Every statement runs in a transaction, as a role that owns nothing and cannot bypass row-level security. */
export interface Database {
  readonly traits: DatabaseTraits;
  /**
   * Runs `work` in one transaction that sees and writes only this tenant's rows. Rolls back and rethrows when it throws.
   * After a deadlock or a serialization failure `work` runs again, so it must do nothing that a rollback does not undo.
   * Transactions do not nest: hand `tx` on instead.
   */
  tenant<Result>(tenantId: string, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Runs `work` in one transaction that a policy opens across tenants for this job; counted by name. */
  system<Result>(job: SystemJob, work: (tx: Tx) => Promise<Result>): Promise<Result>;
  /** Sends `payload` (at most 7,900 bytes) to every listener of `channel`; lossy, at most once. Not inside a transaction. */
  notify(channel: string, payload: string): Promise<void>;
  /** Calls `onPayload` for each notification until the returned function is called; reconnects by itself. */
  listen(channel: string, onPayload: (payload: string) => void): Promise<() => Promise<void>>;
  /**
   * Looks after tables where many rows changed, if the engine does not do that by itself, and returns them: room of deleted
   * rows is reclaimed, the planner's figures are counted anew. Transactions wait for one table at most. Not inside a transaction.
   */
  tidy(signal: AbortSignal): Promise<readonly string[]>;
  /** Answers when the engine answers; throws `unavailable` with the reason when it does not. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The unrestricted connection that migrations use, and nothing else. One connection, statements in order. */
export interface MigrationConnection {
  /** Runs a script of many statements. */
  script(text: string): Promise<void>;
  query<Row>(text: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  close(): Promise<void>;
}
