import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions, usage, UsageError, type ChaosOptions } from './options.ts';
import type { Outcome, RunContext } from './outcome.ts';
import { runDrain } from './drain.ts';
import { runOutage } from './outage.ts';
import { runFairness } from './fairness.ts';
import { runChaos } from './run.ts';
import { runPlants, runWithPlant } from './run-plants.ts';
import { createCleanup } from './world.ts';

const runs: Readonly<Record<ChaosOptions['mode'], (context: RunContext) => Promise<Outcome>>> = {
  chaos: runChaos,
  fairness: runFairness,
  drain: runDrain,
  outage: (context) => runOutage(context),
  plants: runPlants,
};

/** Runs the command line and returns the exit code: 0 only when everything that is promised held. */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options !== undefined) return await run(options, words);
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function run(options: ChaosOptions, words: readonly string[]): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-chaos-'));
  // The engines run as users of their own, who have to reach their folders in it.
  await chmod(folder, 0o755);
  const cleanup = createCleanup();
  const early = endEarly();
  let kept = options.keep;
  try {
    process.stderr.write(`seed ${String(options.seed)}, logs and data in ${folder}\n`);
    const context = { options, folder, cleanup, signal: early.signal };
    const outcome = await (options.plant === undefined
      ? runs[options.mode](context)
      : runWithPlant(context, withoutPlant(words)));
    kept ||= outcome.failures.length > 0;
    print(outcome, options);
    return outcome.failures.length === 0 ? 0 : 1;
  } catch (error) {
    if (!early.signal.aborted) {
      kept = true;
      throw error;
    }
    process.stderr.write('ended early\n');
    return 130;
  } finally {
    await cleanup.run();
    if (kept) process.stderr.write(`logs are kept in ${folder}\n`);
    else await rm(folder, { recursive: true, force: true });
    early.forget();
  }
}

function withoutPlant(words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !word.startsWith('--plant') && words[index - 1] !== '--plant');
}

/** Ctrl-C and SIGTERM end the run, and what it started is ended and removed all the same. */
function endEarly() {
  const controller = new AbortController();
  const onSignal = (): void => {
    controller.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    forget: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

function print({ figures, failures }: Outcome, { json, mode }: ChaosOptions): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, figure] of Object.entries(figures))
    process.stdout.write(`${name.padEnd(width)}  ${String(figure)}\n`);
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  if (json)
    process.stdout.write(`${JSON.stringify({ chaos: mode, passed: failures.length === 0, failures, figures })}\n`);
}
