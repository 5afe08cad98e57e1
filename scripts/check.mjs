// Everything that must hold before a commit lands: format, lint, types, unused code, tests. Runs all, reports all.
// Names of steps run only those; --report=FILE also writes the tests' results as JSON.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = (name) => `${root}node_modules/.bin/${name}`;
const given = process.argv.slice(2);
const report = given.find((word) => word.startsWith('--report='))?.slice('--report='.length);
const reporters = report === undefined ? [] : ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const steps = [
  ['ready', process.execPath, ['scripts/ready.mjs', '--console']],
  ['format', bin('oxfmt'), ['--check']],
  ['lint', bin('oxlint'), ['--type-aware', '--deny-warnings']],
  ['types', bin('tsc'), ['-p', '.']],
  ['console types', bin('tsc'), ['-p', 'apps/console']],
  ['unused', bin('knip'), ['--no-config-hints']],
  ['tests', bin('vitest'), ['run', ...reporters]],
];
const only = given.filter((word) => !word.startsWith('--'));
const failed = [];
for (const [name, command, args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const startedAt = Date.now();
  console.log(`\n== ${name}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  console.log(`== ${name}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (status !== 0) failed.push(name);
  if (status !== 0 && name === 'ready') break;
}
if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(', ')}`);
  process.exit(1);
}
