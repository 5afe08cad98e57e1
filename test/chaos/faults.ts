import type { ThrowAwayEngines } from './engines.ts';
import type { FaultName } from './plan.ts';
import type { Random } from './random.ts';
import type { Supervised } from './supervisor.ts';

interface FaultOptions {
  readonly engines: ThrowAwayEngines;
  readonly ingest: Supervised;
  readonly random: Random;
}

/** How each fault is brought about; each resolves once what it broke works again. */
export function createFaults({
  engines,
  ingest,
  random,
}: FaultOptions): Readonly<Record<FaultName, () => Promise<void>>> {
  return {
    redis: async () => {
      await engines.kill('redis');
      await engines.start('redis');
    },
    'aof-cut': async () => {
      await engines.kill('redis');
      await engines.cutAppendOnlyFile(random.between(1_024, 8_192));
      await engines.start('redis');
    },
    flush: () => engines.flush(),
    postgres: async () => {
      await engines.abort('postgres');
      await engines.start('postgres');
    },
    ingest: async () => {
      await ingest.kill();
      await ingest.untilReady();
    },
  };
}
