import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The program as `npm start` runs it, made anew where it is older than its sources. */
export function bundledMain(): string {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/ready.mjs', '--console', '--bundle'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`The bundle was not made: ${stderr}`);
  return `${root}dist/apps/devmesh/main.js`;
}
