// Makes a fresh clone ready: installs what is missing, with --console builds the console and with --bundle the bundle of devmesh where
// they are older than their sources. Does nothing, in some milliseconds, where all is there. Runs on a bare Node, before anything is
// installed.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Developer Mesh needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const made = new Set(['node_modules', 'dist']);

/** When the newest file in a folder was changed, besides what is made of others. */
const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(path).filter((name) => !made.has(name));
  return Math.max(0, ...names.map((name) => newest(join(path, name))));
};

const isOlder = (path, sources) => !existsSync(path) || statSync(path).mtimeMs < Math.max(...sources.map(newest));

const run = (title, command, args) => {
  const startedAt = Date.now();
  process.stderr.write(`${title} ...`);
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8' });
  if (result.status !== 0) {
    process.stderr.write(` failed\n${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
    process.exit(1);
  }
  process.stderr.write(` ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
};

const installed = join(root, 'node_modules', '.ready');
const lock = join(root, 'package-lock.json');
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  run('Installing packages', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(installed, '');
}

const consoleFolder = join(root, 'apps/console');
if (process.argv.includes('--console')) {
  const sources = ['src', 'index.html', 'vite.config.ts'].map((name) => join(consoleFolder, name));
  if (isOlder(join(consoleFolder, 'dist/index.html'), sources)) {
    const vite = join(root, 'node_modules/vite/bin/vite.js');
    run('Building the console', process.execPath, [vite, 'build', 'apps/console']);
  }
}

if (process.argv.includes('--bundle')) {
  const folders = readdirSync(join(root, 'apps')).filter((app) => app !== 'console');
  const sources = [lock, join(root, 'packages'), ...folders.map((app) => join(root, 'apps', app))];
  if (isOlder(join(root, 'dist/apps/devmesh/main.js'), sources)) {
    run('Bundling', process.execPath, [join(root, 'scripts/build.mjs'), 'devmesh']);
  }
  const built = join(consoleFolder, 'dist/index.html');
  const copy = join(root, 'dist/apps/console/dist');
  if (existsSync(built) && isOlder(join(copy, 'index.html'), [built])) {
    cpSync(dirname(built), copy, { recursive: true });
  }
}
