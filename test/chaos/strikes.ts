import { setTimeout as sleep } from 'node:timers/promises';
import type { FaultName, Strike } from './plan.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

interface StrikesOptions {
  readonly world: Pick<World, 'victims' | 'faults'>;
  readonly plan: readonly Strike[];
  /** The share of the work that is done. */
  readonly done: () => number;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly say: (sentence: string) => void;
}

/** What has struck so far. */
export interface Struck {
  kills: number;
  readonly faults: Map<FaultName, number>;
  /** When the last strike was over, in `performance.now()`. */
  lastAt: number;
}

export interface Strikes {
  readonly struck: Struck;
  /** Resolves when the whole plan has been carried out. */
  run(): Promise<void>;
}

/** Carries out a plan: kills and faults each in their order, a kill also while a fault is being mended. */
export function createStrikes(options: StrikesOptions): Strikes {
  const struck: Struck = { kills: 0, faults: new Map(), lastAt: performance.now() };
  const over = (): void => {
    struck.lastAt = performance.now();
  };
  const due = async ({ at }: Strike): Promise<boolean> => {
    while (options.done() < at && !options.signal.aborted) await sleep(20);
    return !options.signal.aborted;
  };
  const kill = async (): Promise<void> => {
    await sleep(options.random.between(0, 400));
    const victim = await readyOne(options);
    if (victim === undefined) return;
    await victim.kill();
    struck.kills += 1;
    over();
  };
  const fault = async (name: FaultName): Promise<void> => {
    options.say(`fault: ${name}`);
    await options.world.faults[name]?.();
    struck.faults.set(name, (struck.faults.get(name) ?? 0) + 1);
    over();
  };
  const runKills = async (): Promise<void> => {
    for (const strike of options.plan.filter(({ what }) => what === 'kill')) if (await due(strike)) await kill();
  };
  const runFaults = async (): Promise<void> => {
    for (const strike of options.plan) if (strike.what !== 'kill' && (await due(strike))) await fault(strike.what);
  };
  return {
    struck,
    run: async () => {
      await Promise.all([runKills(), runFaults()]);
    },
  };
}

/** A victim by chance among those that work: killing one that only starts would prove little. */
async function readyOne({ world, random, signal }: StrikesOptions) {
  while (!signal.aborted) {
    const victim = random.pick(world.victims.filter((one) => one.isReady()));
    if (victim !== undefined) return victim;
    await sleep(20);
  }
  return undefined;
}
