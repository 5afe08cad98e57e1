import { checks, type Check, type CheckContext } from './checks.ts';
import { reachInstance, startInstance } from './instance/start.ts';
import type { Instance } from './instance/instance.ts';
import { readOptions, usage, UsageError, type ProveOptions } from './options.ts';
import type { Outcome } from './outcome.ts';
import { runPlants } from './plants/run-plants.ts';

/** One check and how it ended. */
export interface Result extends Outcome {
  readonly name: string;
  readonly seconds: number;
}

/** Runs the command line and returns the exit code: 0 only when nothing leaks. */
export async function runCommand(words: readonly string[]): Promise<number> {
  try {
    const options = readOptions(words);
    if (options === undefined) {
      process.stdout.write(usage);
      return 0;
    }
    const results = options.plants ? await runPlants(options.only) : await runChecks(options);
    print(results, options);
    return results.every(({ failures }) => failures.length === 0) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function runChecks(options: ProveOptions): Promise<readonly Result[]> {
  const chosen = chosenChecks(options);
  let running: Promise<Instance> | undefined;
  const { remote, short } = options;
  const context: CheckContext = {
    instance: () => (running ??= remote === undefined ? startInstance() : reachInstance(remote)),
    databaseUrl: process.env['DATABASE_URL'],
    remote: remote !== undefined,
    short,
  };
  const results: Result[] = [];
  try {
    for (const check of chosen) results.push(await runCheck(check, context));
  } finally {
    await (await running)?.close();
  }
  return results;
}

function chosenChecks({ only, remote }: ProveOptions): readonly Check[] {
  const fitting = remote === undefined ? checks : checks.filter((check) => check.remote === 'asked');
  if (only === undefined) return fitting;
  return only.map((wanted) => {
    const check = fitting.find(({ name }) => name === wanted);
    if (check !== undefined) return check;
    throw new UsageError(`There is no check ${wanted}; there are ${fitting.map(({ name }) => name).join(', ')}.`);
  });
}

async function runCheck(check: Check, context: CheckContext): Promise<Result> {
  const startedAt = performance.now();
  process.stderr.write(`${check.name}: ${check.sentence}\n`);
  const outcome = await check.run(context);
  return { name: check.name, ...outcome, seconds: Math.round((performance.now() - startedAt) / 100) / 10 };
}

function print(results: readonly Result[], { json, plants }: ProveOptions): void {
  for (const { name, figures, failures, seconds } of results) {
    const shown = Object.entries(figures).map(([figure, value]) => `${figure} ${String(value)}`);
    const verdict = failures.length === 0 ? 'ok' : `${String(failures.length)} FAILED`;
    process.stdout.write(
      `${name.padEnd(28)}${verdict.padEnd(12)}${`${String(seconds)} s`.padEnd(10)}${shown.join(', ')}\n`,
    );
  }
  const failures = results.flatMap((result) => result.failures.map((failure) => `${result.name}: ${failure}`));
  for (const failure of failures) process.stdout.write(`FAILED: ${failure}\n`);
  if (!json) return;
  const figures = Object.fromEntries(results.map((result) => [result.name, result.figures]));
  const prove = plants ? 'plants' : 'isolation';
  process.stdout.write(`${JSON.stringify({ prove, passed: failures.length === 0, failures, figures })}\n`);
}
