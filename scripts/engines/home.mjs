import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './progress.mjs';

const MARKER = '.devmesh-engines';

/**
 * Makes `home` ours, or fails: a folder of another user could hand us prepared data, and one with
 * other content is not ours to delete from.
 */
export function claimHome(home) {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const found = lstatSync(home);
  if (!found.isDirectory() || found.uid !== process.getuid()) {
    throw new Failure(`${home} belongs to another user; choose another folder with DEVMESH_ENGINES_DIR.`);
  }
  if (!existsSync(join(home, MARKER))) mark(home);
  chmodSync(home, 0o755); // the engines' own users pass through, whatever our umask is
}

/** Deletes our folder with all that is in it. */
export function removeHome(home) {
  rmSync(home, { recursive: true, force: true });
}

function mark(home) {
  if (readdirSync(home).length > 0) {
    throw new Failure(`${home} is not empty and not ours; choose another folder with DEVMESH_ENGINES_DIR.`);
  }
  writeFileSync(join(home, MARKER), 'Made by scripts/engines.mjs; safe to delete after `down`.\n');
}
