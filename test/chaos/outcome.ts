import type { ChaosOptions } from './options.ts';
import type { Cleanup } from './world.ts';

export type Figures = Readonly<Record<string, number | string>>;

/** How a run ended: its figures, and a sentence for each thing that was not as promised. */
export interface Outcome {
  readonly figures: Figures;
  readonly failures: readonly string[];
}

/** What every kind of run is given. */
export interface RunContext {
  readonly options: ChaosOptions;
  /** A folder of its own for data and logs. */
  readonly folder: string;
  readonly cleanup: Cleanup;
  /** Aborts when somebody ends the run early. */
  readonly signal: AbortSignal;
}
