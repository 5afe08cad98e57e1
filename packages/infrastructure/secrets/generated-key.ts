import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError, newId, toMeshError, type Secret } from '@devmesh/foundation';
import { checkMasterKey, keyBytes } from './check-master-key.ts';
import { readKeyFile } from './key-file.ts';

interface GeneratedKeyOptions {
  /** DATA_DIR, where the embedded default keeps its key as `master.key`. */
  readonly folder: string;
  /** Why a key must not be made where there is none; absent, it may. */
  readonly refuseToMake?: string | undefined;
}

/** The master key of the data folder, in base64, which is made on the first start and never replaced. */
export async function readGeneratedKey({ folder, refuseToMake }: GeneratedKeyOptions): Promise<Secret> {
  const path = join(folder, 'master.key');
  const present = await readKeyFile(path, { mounted: false });
  if (present !== undefined) return checkMasterKey(present, path);
  if (refuseToMake !== undefined) throw new MeshError('invalid_config', refuseToMake);
  await createKeyFile(folder, path);
  // Read back what is there now: another process may have been first.
  const made = await readKeyFile(path, { mounted: false });
  if (made === undefined) throw new MeshError('invalid_config', `${path} vanished while it was being made.`);
  return checkMasterKey(made, path);
}

/** Written aside, made durable and linked into place: the file is complete or absent, and an existing one always wins. */
async function createKeyFile(folder: string, path: string): Promise<void> {
  const temporary = `${path}.${newId()}`;
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(keyBytes).toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await linkUnlessPresent(temporary, path);
  } catch (error) {
    throw creationFailure(error, path);
  } finally {
    await rm(temporary, { force: true });
  }
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Of the codes of an operating system these tell about the folder that was chosen, and nothing about us. */
const badFolder = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOENT', 'ELOOP', 'ENAMETOOLONG']);

function creationFailure(error: unknown, path: string): MeshError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (!badFolder.has(code)) return toMeshError(error);
  return new MeshError('invalid_config', `${path} cannot be written (${code}); choose another DATA_DIR or its owner.`, {
    cause: error,
  });
}

async function linkUnlessPresent(temporary: string, path: string): Promise<void> {
  try {
    await link(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
