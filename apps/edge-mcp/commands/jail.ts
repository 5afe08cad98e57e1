import { lstat, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { refusal } from './refusal.ts';

/** The folder that commands see. Its address is the real one. */
export interface Jail {
  readonly root: string;
  /** The real folder in which a command runs; throws for one that is not in the jail. */
  folder(cwd: string): Promise<string>;
  /** Throws unless a path, from a real folder in the jail, leads to something in the jail, or nowhere yet. */
  check(folder: string, path: string): Promise<void>;
}

/** Opens a folder as the jail; rejects where it is none, or the whole file system. */
export async function openJail(folder: string): Promise<Jail> {
  const root = await realpath(resolve(folder));
  if (!(await stat(root)).isDirectory()) throw new Error(`${folder} is not a folder`);
  if (root === sep) throw new Error('The root of the file system is no jail');
  return {
    root,
    folder: async (cwd) => {
      if (/[\p{Cc}\p{Cs}]/u.test(cwd)) throw refusal('cwd', 'must not hold control characters');
      const wanted = resolve(root, cwd);
      const real = isWithin(root, wanted) ? await realpath(wanted).catch(() => undefined) : undefined;
      if (real === undefined || !isWithin(root, real) || !(await stat(real)).isDirectory()) {
        throw refusal('cwd', 'must be a folder within the jail, by default the jail itself');
      }
      return real;
    },
    check: async (from, path) => {
      const wanted = isAbsolute(path) ? resolve(path) : resolve(from, path);
      const real = isWithin(root, wanted) ? await realOf(wanted) : undefined;
      if (real === undefined || !isWithin(root, real)) {
        throw refusal(JSON.stringify(path.slice(0, 200)), 'leads out of the jail; paths must stay within it');
      }
    },
  };
}

/** Whether a path is a folder or in it. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** Where a path leads, or would lead once it exists; undefined for a link into nothing, which could be made to lead anywhere. */
async function realOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return undefined;
  }
  const isThere = await lstat(path).then(
    () => true,
    () => false,
  );
  if (isThere) return undefined;
  const above = await realOf(dirname(path));
  return above === undefined ? undefined : resolve(above, path.slice(dirname(path).length + 1));
}
