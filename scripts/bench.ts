// Runs one benchmark: npm run bench NAME [-- --json]. Without a name it lists them. A benchmark is a file NAME.bench.ts
// anywhere in the source that exports run(), which resolves to its figures by name.
import { readdirSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

type Figures = Readonly<Record<string, number | string>>;

const root = fileURLToPath(new URL('..', import.meta.url));
const ending = '.bench.ts';
const skipped = new Set(['node_modules', 'dist', 'data']);

function findBenches(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) || entry.name.startsWith('.') ? [] : findBenches(path);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

function nameOf(path: string): string {
  return basename(path, ending);
}

async function runBench(path: string): Promise<Figures> {
  const module = (await import(pathToFileURL(path).href)) as { run?: () => Promise<Figures> };
  if (module.run === undefined) throw new Error(`${relative(root, path)} exports no run()`);
  return module.run();
}

function printTable(figures: Figures): void {
  const width = Math.max(...Object.keys(figures).map((name) => name.length));
  for (const [name, figure] of Object.entries(figures)) {
    const shown = typeof figure === 'number' ? figure.toLocaleString('en', { maximumFractionDigits: 3 }) : figure;
    console.log(`${name.padEnd(width)}  ${shown}`);
  }
}

function list(paths: readonly string[]): void {
  console.log('npm run bench NAME [-- --json], where NAME is one of:');
  for (const path of paths) console.log(`  ${nameOf(path)}  (${relative(root, path)})`);
}

const benches = findBenches(root).toSorted();
const given = process.argv.slice(2);
const name = given.find((word) => !word.startsWith('--'));
const path = benches.find((candidate) => nameOf(candidate) === name);
if (path === undefined) {
  if (name !== undefined) console.error(`There is no benchmark ${name}.`);
  list(benches);
  process.exitCode = name === undefined ? 0 : 1;
} else {
  const figures = await runBench(path);
  printTable(figures);
  if (given.includes('--json')) console.log(JSON.stringify({ bench: name, figures }));
}
