import type { Random } from './random.ts';

/** What can be done to the engines and the ingest process. */
export const faultNames = ['redis', 'postgres', 'ingest', 'aof-cut', 'flush'] as const;

export type FaultName = (typeof faultNames)[number];

/** Something bad that happens once so much of the work is done. */
export interface Strike {
  /** The share of the work, in (0, 1). */
  readonly at: number;
  readonly what: 'kill' | FaultName;
}

interface PlanOptions {
  readonly kills: number;
  readonly faults: readonly FaultName[];
  /** How often each fault strikes. */
  readonly rounds: number;
  readonly random: Random;
}

const first = 0.03;
const last = 0.95;

/**
 * When each kill and each fault strikes, in order. Faults are spread evenly in an order by chance, kills anywhere; the
 * last fault strikes at the end, so that what it did shows in the time until all effects are visible.
 */
export function planStrikes({ kills, faults, rounds, random }: PlanOptions): readonly Strike[] {
  const somewhere = (): number => first + random.next() * (last - first);
  const struck = Array.from({ length: rounds }, () => random.shuffle(faults)).flat();
  const spread = struck.map((what, index): Strike => ({
    at: first + ((index + 1) / struck.length) * (last - first),
    what,
  }));
  const killed = Array.from({ length: kills }, (): Strike => ({ at: somewhere(), what: 'kill' }));
  return [...spread, ...killed].sort((one, other) => one.at - other.at);
}
