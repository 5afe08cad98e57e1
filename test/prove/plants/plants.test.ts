import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownTree } from '../../chaos/copy-tree.ts';
import { checks } from '../checks.ts';
import { planted, runSqlPlants } from './run-plants.ts';
import { sqlPlants } from './sql-plants.ts';
import { textPlants } from './text-plants.ts';

const all = [...sqlPlants, ...textPlants];

it('plants have names of their own, and their checks exist [isolation.plants]', () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const known = new Set(checks.map(({ name }) => name));
  expect(all.filter(({ check }) => !known.has(check))).toEqual([]);
});

it.each(textPlants)('$name finds its place', async (plant) => {
  const text = await readFile(join(ownTree, plant.file), 'utf8');
  expect(planted(plant, text)).not.toBe(text);
});

it('a bug in the database makes its check fail [isolation.plants]', async () => {
  const some = ['no-force', 'unique-without-tenant', 'probe-check-true', 'probe-system-without-job'];
  const results = await runSqlPlants(sqlPlants.filter(({ name }) => some.includes(name)));
  expect(results.map(({ name, failures }) => ({ name, failures }))).toEqual(
    some.map((name) => ({ name, failures: [] })),
  );
}, 60_000);
