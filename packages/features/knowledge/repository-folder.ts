import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { MeshError } from '@devmesh/foundation';
import { objectsFolder } from './git-repository.ts';

/**
 * The folder of a git work tree with every symbolic link resolved. Throws `forbidden` when it, or where its objects lie,
 * is not under one of `roots`, `not_found` when there is none, `invalid_request` when it is not the top of a work tree.
 */
export async function resolveRepository(path: string, roots: readonly string[]): Promise<string> {
  const realRoots = await Promise.all(roots.map(async (root) => (await real(root)) ?? resolve(root)));
  const folder = await real(path);
  if (folder === undefined) {
    // Whether something exists elsewhere on this machine is nobody's business.
    if (![...roots.map((root) => resolve(root)), ...realRoots].some((root) => contains(root, resolve(path)))) {
      throw outside(path);
    }
    throw new MeshError('not_found', `There is no folder ${path}.`);
  }
  if (!realRoots.some((root) => contains(root, folder))) throw outside(path);
  if (!(await stat(folder)).isDirectory()) throw new MeshError('invalid_request', `${path} is not a folder.`);
  const objects = await objectsFolder(folder);
  if (objects === undefined) {
    throw new MeshError('invalid_request', `${path} is not the top folder of a git work tree.`);
  }
  const realObjects = await real(objects);
  if (realObjects === undefined || !realRoots.some((root) => contains(root, realObjects))) throw outside(path);
  return folder;
}

function contains(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

async function real(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'ERR_INVALID_ARG_VALUE'].includes(code ?? '')) {
      return undefined;
    }
    throw error;
  }
}

function outside(path: string): MeshError {
  return new MeshError('forbidden', `${path} does not lie under REPOSITORY_ROOTS.`);
}
