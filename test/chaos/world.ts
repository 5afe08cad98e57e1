import type { FaultName } from './plan.ts';
import type { Organization } from './sources.ts';
import type { Supervised } from './supervisor.ts';

/** What the database holds of a run, read by nothing but SQL. */
export interface Counted {
  /** The organizations of the tasks of each delivery, one for each task. */
  readonly tasks: ReadonlyMap<string, readonly string[]>;
  /** The attempts noted in each dead letter of a delivery. */
  readonly dead: ReadonlyMap<string, readonly number[]>;
  /** How often each delivery was tried in vain, as a witness saw it; absent where none could be placed. */
  readonly tries?: ReadonlyMap<string, number>;
  /** Deliveries that are stored as events. */
  readonly stored: ReadonlySet<string>;
}

/** How far the work is. */
export interface Visible {
  /** Tasks of deliveries. */
  readonly effects: number;
  readonly dead: number;
}

/** What a run waits for. */
export interface Wanted extends Visible {
  readonly organizations: readonly Organization[];
  /** Deliveries that may still wait. */
  readonly mayWait: (delivery: string) => boolean;
}

/** A mesh that chaos is made in. */
export interface World {
  readonly apiUrl: string;
  /** What a kill may hit. */
  readonly victims: readonly Supervised[];
  readonly faults: Readonly<Partial<Record<FaultName, () => Promise<void>>>>;
  /** What is visible now; undefined while nobody can tell. */
  visible(): Promise<Visible | undefined>;
  /** Whether all that is wanted is visible; undefined while nobody can tell. */
  settled(wanted: Wanted): Promise<boolean | undefined>;
  /** Counts once everything has come to rest; nothing may be asked of the world afterwards. */
  count(): Promise<Counted>;
}

/** What is undone at the end, however the run ends, the latest first. */
export interface Cleanup {
  add(undo: () => Promise<void>): void;
  run(): Promise<void>;
}

/** An empty list of what is to be undone. */
export function createCleanup(): Cleanup {
  const undos: (() => Promise<void>)[] = [];
  let running: Promise<void> | undefined;
  const runAll = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (let undo = undos.pop(); undo !== undefined; undo = undos.pop()) {
      await undo().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw new AggregateError(failures, 'some of the run could not be cleaned up');
  };
  return {
    add: (undo) => {
      undos.push(undo);
    },
    run: () => (running ??= runAll()),
  };
}
