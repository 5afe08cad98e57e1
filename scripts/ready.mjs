// Makes a fresh clone ready: installs what is missing, and with --console builds the console when it is older than its
// sources. Does nothing, in a few milliseconds, where all is there. Runs on a bare Node, before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Developer Mesh needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
};

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

if (process.argv.includes('--console')) {
  const built = join(root, 'apps/console/dist/index.html');
  const sources = ['src', 'index.html', 'vite.config.ts'].map((name) => join(root, 'apps/console', name));
  const changed = Math.max(...sources.filter((path) => existsSync(path)).map((path) => newest(path)));
  if (!existsSync(built) || statSync(built).mtimeMs < changed) {
    run('Building the console', process.execPath, [
      join(root, 'node_modules/vite/bin/vite.js'),
      'build',
      'apps/console',
    ]);
  }
}
