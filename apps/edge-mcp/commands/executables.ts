import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isWithin } from './jail.ts';

/** Where programs are looked for; nothing of the environment adds to it. */
export const fixedPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The program of that name on the fixed path, or at that absolute path; undefined where there is none, or it lies where commands may write. */
export async function findExecutable(name: string, jail?: string): Promise<string | undefined> {
  const places = isAbsolute(name) ? [name] : fixedPath.map((folder) => join(folder, name));
  for (const place of places) {
    if (await isProgram(place)) {
      const real = await realpath(place);
      return jail !== undefined && (isWithin(jail, real) || isWithin(jail, place)) ? undefined : place;
    }
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not for us: the next place may have it.
    return false;
  }
}
