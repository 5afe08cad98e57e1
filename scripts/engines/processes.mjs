import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The processes named `name` that work in `folder`. Both engines change into their data folder, so this
 * finds exactly ours, also the orphans of a killed server, with no process id file that could be stale.
 */
export function processesIn(folder, name) {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((id) => attribute(() => readlinkSync(`/proc/${id}/cwd`)) === folder)
    .filter((id) => attribute(() => readFileSync(`/proc/${id}/comm`, 'utf8').trim()) === name)
    .map(Number);
}

/** Sends SIGKILL to every process that `list` returns until it returns none; orphans included. */
export async function killAll(list) {
  for (let ids = list(); ids.length > 0; ids = list()) {
    for (const id of ids) signal(id, 'SIGKILL');
    await sleep(20);
  }
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signal(id, name) {
  try {
    process.kill(id, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Sends a signal to every process that `list` returns, and tells `note`, or that none ran. */
export function toAll(list, name, note) {
  const ids = list();
  for (const id of ids) signal(id, name);
  return ids.length > 0 ? note : 'not running';
}

/** Asks until `check` holds; false when `milliseconds` have passed. */
export async function eventually(check, milliseconds) {
  const deadline = performance.now() + milliseconds;
  while (!(await check())) {
    if (performance.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/** A process can end between two looks at it, and a zombie has no working folder: both are "not it". */
function attribute(read) {
  try {
    return read();
  } catch {
    return undefined;
  }
}
