import { closeSync, mkdirSync, openSync } from 'node:fs';
import { capture, isRoot } from './command.mjs';

/** Makes an engine's folder and its log; when we are root, both belong to the user that the engine runs as. */
export async function prepareFolder(folder, log, user) {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  closeSync(openSync(log, 'a', 0o644));
  if (isRoot()) await capture(['chown', user, folder, log]);
}
