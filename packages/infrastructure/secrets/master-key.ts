import { randomBytes } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError, newId, Secret, toMeshError } from '@devmesh/foundation';
import { checkMasterKey, keyBytes } from './check-master-key.ts';

interface MasterKeyOptions {
  /** MASTER_KEY of the configuration: 32 bytes in base64. Where given, no file is read or made. */
  readonly configured?: string | undefined;
  /** DATA_DIR, where the embedded default keeps its key as `master.key`. */
  readonly folder: string;
}

/** The master key, in base64: the configured one, or the one of the data folder, which is made on the first start and never replaced. */
export async function readMasterKey({ configured, folder }: MasterKeyOptions): Promise<Secret> {
  if (configured !== undefined) return checked(configured, 'MASTER_KEY');
  const path = join(folder, 'master.key');
  const present = await readKeyFile(path);
  if (present !== undefined) return checked(present, path);
  await createKeyFile(folder, path);
  // Read back what is there now: another process may have been first.
  const made = await readKeyFile(path);
  if (made === undefined) throw new MeshError('invalid_config', `${path} vanished while it was being made.`);
  return checked(made, path);
}

async function readKeyFile(path: string): Promise<string | undefined> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new MeshError('invalid_config', `${path} cannot be read (${reason}); give it to the user that runs this.`, {
      cause: error,
    });
  });
  if (file === undefined) return undefined;
  try {
    const about = await file.stat();
    if (!about.isFile()) throw new MeshError('invalid_config', `${path} is not a file.`);
    if ((about.mode & 0o077) !== 0) {
      throw new MeshError('invalid_config', `${path} can be read by other users; run: chmod 600 ${path}`);
    }
    return (await file.readFile('utf8')).trim();
  } finally {
    await file.close();
  }
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

function checked(text: string, source: string): Secret {
  return checkMasterKey(new Secret(text), source);
}
