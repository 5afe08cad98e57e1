/** How much one search may ask and read. */
export interface Budget {
  readonly probes: number;
  readonly atOnce: number;
  readonly bytes: number;
  readonly bytesPerAnswer: number;
  readonly milliseconds: number;
  readonly millisecondsPerProbe: number;
}

/** What a search has unless it is told otherwise. */
export const defaultBudget: Budget = {
  probes: 100,
  atOnce: 6,
  bytes: 64 * 1024 * 1024,
  bytesPerAnswer: 20 * 1024 * 1024,
  milliseconds: 30_000,
  millisecondsPerProbe: 5_000,
};

/** What is left of a budget. */
export interface Allowance {
  /** Takes one probe; false where none, no byte and no time is left. */
  takeProbe(): boolean;
  /** Counts what an answer had. */
  addBytes(count: number): void;
  /** Whether something was left undone for want of budget. */
  readonly exhausted: boolean;
  readonly signal: AbortSignal;
}

/** Begins to spend a budget; `signal` ends it too. What is on its way when the bytes run out is still read. */
export function spend(budget: Budget, signal: AbortSignal | undefined): Allowance {
  const timeout = AbortSignal.timeout(budget.milliseconds);
  let { probes, bytes } = budget;
  let refused = false;
  return {
    takeProbe: () => {
      if (probes === 0 || bytes <= 0 || timeout.aborted) {
        refused = true;
        return false;
      }
      probes -= 1;
      return true;
    },
    addBytes: (count) => {
      bytes -= count;
    },
    get exhausted() {
      return refused || timeout.aborted;
    },
    signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
  };
}
