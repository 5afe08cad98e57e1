import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationConnection } from '@devmesh/infrastructure';
import { copyTree } from '../../chaos/copy-tree.ts';
import { auditCatalogue } from '../catalogue/audit.ts';
import type { Result } from '../command.ts';
import { openEmbedded } from '../instance/blank.ts';
import { UsageError } from '../options.ts';
import { fillForProbes, probeAll, type ProbeGround } from '../probes/prove.ts';
import type { SqlPlant, TextPlant } from './plant.ts';
import { sqlPlants } from './sql-plants.ts';
import { textPlants } from './text-plants.ts';

/** Plants every bug, or the named ones (`sql` names all of the database): each has to make its check fail for its reason. */
export async function runPlants(only: readonly string[] | undefined): Promise<readonly Result[]> {
  const chosen = (name: string): boolean => only === undefined || only.includes(name);
  const known = [...sqlPlants, ...textPlants].map(({ name }) => name);
  const strange = (only ?? []).filter((name) => name !== 'sql' && !known.includes(name));
  if (strange.length > 0)
    throw new UsageError(`There is no plant ${strange.join(', ')}; there are sql, ${known.join(', ')}.`);
  const ofDatabase = sqlPlants.filter(({ name }) => chosen(name) || only?.includes('sql') === true);
  const results = ofDatabase.length === 0 ? [] : await runSqlPlants(ofDatabase);
  const ofProgram: Result[] = [];
  for (const plant of textPlants.filter(({ name }) => chosen(name))) ofProgram.push(await runTextPlant(plant));
  return [...results, ...ofProgram];
}

/** Plants bugs in one embedded database, one after the other, each in a transaction that is undone. */
export async function runSqlPlants(plants: readonly SqlPlant[]): Promise<readonly Result[]> {
  const blank = await openEmbedded();
  const connection = await blank.owner();
  try {
    const ground = await fillForProbes(connection);
    const results: Result[] = [];
    for (const plant of plants) results.push(await runSqlPlant(connection, ground, plant));
    return results;
  } finally {
    await connection.close();
    await blank.close();
  }
}

async function runSqlPlant(connection: MigrationConnection, ground: ProbeGround, plant: SqlPlant): Promise<Result> {
  const startedAt = performance.now();
  await connection.script(`begin; ${plant.sql}`);
  try {
    const found =
      plant.check === 'catalogue'
        ? (await auditCatalogue(connection)).problems
        : (await probeAll(connection, near(ground, plant))).failures;
    return toResult(plant, found, startedAt);
  } finally {
    await connection.script('rollback');
  }
}

/** Only the tables that the bug is about, and one beside. */
function near(ground: ProbeGround, { sql }: SqlPlant): ProbeGround {
  return { ...ground, shapes: ground.shapes.filter(({ name }) => sql.includes(`mcp.${name}`) || name === 'limits') };
}

async function runTextPlant(plant: TextPlant): Promise<Result> {
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), 'devmesh-plant-'));
  try {
    await copyTree(folder);
    const path = join(folder, plant.file);
    await writeFile(path, planted(plant, await readFile(path, 'utf8')));
    return toResult(plant, await proveIn(folder, plant.check), startedAt);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The text with the bug in it; throws when the place for it is not there, or not only once. */
export function planted({ name, file, find, replace }: TextPlant, text: string): string {
  const places = text.split(find).length - 1;
  if (places !== 1)
    throw new Error(`the plant ${name} needs its text exactly once in ${file}, not ${String(places)} times`);
  return text.replace(find, () => replace);
}

function toResult(plant: SqlPlant | TextPlant, found: readonly string[], startedAt: number): Result {
  const caught = found.some((sentence) => plant.caughtBy.test(sentence));
  const instead =
    found.length === 0 ? 'its check passed' : `its check failed for another reason: ${found.slice(0, 5).join('; ')}`;
  return {
    name: plant.name,
    figures: { [plant.check]: caught ? 'caught' : 'NOT CAUGHT' },
    failures: caught ? [] : [instead],
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
  };
}

/** Runs one check in a tree, embedded, and returns what it found. */
function proveIn(tree: string, check: string): Promise<readonly string[]> {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...env } = process.env;
  const words = ['--import', 'tsx', 'scripts/prove.ts', '--short', '--json', '--only', check];
  const child = spawn(process.execPath, words, { cwd: tree, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      const last = text.trimEnd().split('\n').at(-1) ?? '';
      if (last.startsWith('{')) resolve((JSON.parse(last) as { readonly failures: readonly string[] }).failures);
      else reject(new Error(`the check ${check} broke with exit code ${String(code)} instead of reporting`));
    });
  });
}
