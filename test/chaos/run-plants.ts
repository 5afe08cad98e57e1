import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTree } from './copy-tree.ts';
import type { Figures, Outcome, RunContext } from './outcome.ts';
import { plants, type Plant } from './plants.ts';
import { UsageError } from './options.ts';

/** Runs every plant; green only when each makes its run fail, for the reason that it should. */
export async function runPlants(context: RunContext): Promise<Outcome> {
  const figures: Record<string, string> = {};
  const failures: string[] = [];
  const chosen = chosenPlants(context.options.only);
  for (const plant of chosen) {
    const startedAt = performance.now();
    process.stderr.write(`\n--- planted ${plant.name}: ${plant.breaks}\n`);
    const failure = await runPlanted(context, plant);
    if (failure !== undefined) failures.push(`${plant.name}: ${failure}`);
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    figures[plant.name] = `${failure === undefined ? 'caught' : 'NOT CAUGHT'} in ${String(seconds)} s`;
  }
  return { figures: { plants: chosen.length, caught: chosen.length - failures.length, ...figures }, failures };
}

function chosenPlants(only: readonly string[] | undefined): readonly Plant[] {
  return only === undefined ? plants : only.map(plantNamed);
}

function plantNamed(wanted: string): Plant {
  const plant = plants.find(({ name }) => name === wanted);
  if (plant !== undefined) return plant;
  throw new UsageError(`There is no plant ${wanted}; there are ${plants.map(({ name }) => name).join(', ')}.`);
}

/** Runs the chaos that was asked for with one bug planted: its outcome is the outcome. */
export async function runWithPlant(context: RunContext, words: readonly string[]): Promise<Outcome> {
  const plant = plantNamed(context.options.plant ?? '');
  const { report } = await runIn(await growPlant(context, plant), words, context.signal);
  if (report === undefined) throw new Error(`the run with ${plant.name} planted broke instead of reporting figures`);
  return report;
}

/** Undefined when the bug was caught, else a sentence. */
async function runPlanted(context: RunContext, plant: Plant): Promise<string | undefined> {
  const words = [...plant.run, '--seed', String(context.options.seed)];
  const { report, code } = await runIn(await growPlant(context, plant), words, context.signal);
  context.signal.throwIfAborted();
  if (report === undefined) return `its run broke with exit code ${String(code)} instead of reporting figures`;
  if (code === 0 || report.failures.length === 0) return 'its run passed';
  if (report.failures.some((failure) => plant.caughtBy.test(failure))) return undefined;
  return `its run failed for another reason: ${report.failures.join('; ')}`;
}

async function growPlant({ folder }: RunContext, plant: Plant): Promise<string> {
  const tree = join(folder, plant.name);
  await mkdir(tree, { recursive: true });
  await copyTree(tree);
  const path = join(tree, plant.file);
  await writeFile(path, planted(plant, await readFile(path, 'utf8')));
  return tree;
}

/** The text with the bug in it; throws when the place for it is not there, or not only once. */
export function planted({ name, file, find, replace }: Plant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new Error(`the plant ${name} needs its text exactly once in ${file}, not ${String(places)} times`);
  return text.replace(find, () => replace);
}

interface Ran {
  readonly code: number;
  readonly report: Outcome | undefined;
}

function runIn(tree: string, words: readonly string[], signal: AbortSignal): Promise<Ran> {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/chaos.ts', ...words, '--json'], {
    cwd: tree,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  // It cleans up after itself when it is told to end.
  const onAbort = (): void => {
    child.kill('SIGTERM');
  };
  signal.addEventListener('abort', onAbort);
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      signal.removeEventListener('abort', onAbort);
      resolve({ code: code ?? 1, report: reportIn(text) });
    });
  });
}

function reportIn(text: string): Outcome | undefined {
  const last = text.trimEnd().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return undefined;
  const { figures, failures } = JSON.parse(last) as { readonly figures: Figures; readonly failures: readonly string[] };
  return { figures, failures };
}
