import type { WireValue } from './values.ts';

/** What the thread is started with. */
export interface PgliteStart {
  /** The data folder; absent for a database in memory. */
  readonly folder: string | undefined;
  /** A gzipped tar of a data folder to begin from; only for an empty one. */
  readonly snapshot: Uint8Array | undefined;
}

/** What the main thread asks. */
export type PgliteRequest = { readonly id: number } & (
  | {
      readonly kind: 'query';
      readonly text: string;
      readonly values: readonly WireValue[];
      /** The name under which it is prepared, where it is. */
      readonly name?: string;
    }
  | { readonly kind: 'script'; readonly text: string }
  | { readonly kind: 'dump' }
  | { readonly kind: 'close' }
);

/** The result of a statement, its values still text. */
export interface PgliteAnswer {
  readonly columns: readonly { readonly name: string; readonly type: number }[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** The command tag, e.g. `INSERT 0 1`. */
  readonly tag: string;
  /** The snapshot, for `dump`. */
  readonly bytes?: Uint8Array;
}

/** An error that survives the way between threads, with the fields of a PostgreSQL error. */
export interface PgliteFailure {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** How one question ended. */
export type PgliteOutcome =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: PgliteAnswer }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: PgliteFailure };

/** What the thread tells. */
export type PgliteEvent =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unopened'; readonly failure: PgliteFailure }
  | { readonly kind: 'outcomes'; readonly outcomes: readonly PgliteOutcome[] }
  | { readonly kind: 'notification'; readonly channel: string; readonly payload: string };
