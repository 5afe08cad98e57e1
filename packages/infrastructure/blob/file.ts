import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MeshError, newId, toMeshError } from '@devmesh/foundation';
import type { Blob } from './port.ts';

interface FileBlobOptions {
  readonly folder: string;
  /** The largest content that is taken. Default 64 MiB. */
  readonly maximumBytes?: number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/u;
const digest = /^[0-9a-f]{64}$/u;
const abandonedAfter = 3_600_000;

/** Blobs as files `<folder>/<tenant>/<aa>/<sha256>`, each complete or absent, also after a crash. */
export async function openFileBlob(options: FileBlobOptions): Promise<Blob> {
  const { folder, maximumBytes = 64 * 1024 * 1024 } = options;
  const unfinished = join(folder, 'unfinished');
  await mkdir(unfinished, { recursive: true });
  await removeAbandoned(unfinished);
  return {
    put: async (tenantId, bytes) => {
      if (bytes.byteLength > maximumBytes) {
        throw new MeshError('too_large', `At most ${String(maximumBytes)} bytes are stored as one.`);
      }
      const sha256 = hash(bytes);
      const path = pathOf(folder, tenantId, sha256);
      const reference = { sha256, bytes: bytes.byteLength };
      if (await holds(path, sha256)) return reference;
      try {
        await write(join(unfinished, newId()), path, bytes);
      } catch (error) {
        throw toMeshError(error);
      }
      return reference;
    },
    get: async (tenantId, sha256) => {
      const bytes = await readIfPresent(pathOf(folder, tenantId, sha256));
      if (bytes !== undefined && hash(bytes) !== sha256) {
        throw new MeshError(
          'internal',
          'The stored bytes were altered: their digest is not the one they are stored under.',
        );
      }
      return bytes;
    },
    delete: async (tenantId, sha256) => {
      await rm(pathOf(folder, tenantId, sha256), { force: true });
    },
    close: () => Promise.resolve(),
  };
}

/** Both parts are checked by a pattern, so that no name can lead out of the folder or into another tenant's. */
function pathOf(folder: string, tenantId: string, sha256: string): string {
  if (!uuid.test(tenantId)) throw new MeshError('invalid_request', 'A tenant id must be a lower-case UUID.');
  if (!digest.test(sha256)) throw new MeshError('invalid_request', 'A SHA-256 must be 64 lower-case hex digits.');
  return join(folder, tenantId, sha256.slice(0, 2), sha256);
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function readIfPresent(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads what is there, so that altered bytes are replaced by the next `put` instead of trusted. */
async function holds(path: string, sha256: string): Promise<boolean> {
  const present = await readIfPresent(path);
  return present !== undefined && hash(present) === sha256;
}

async function write(temporary: string, path: string, bytes: Uint8Array): Promise<void> {
  const parent = dirname(path);
  try {
    await mkdir(parent, { recursive: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  // The name is durable only once its folders are: the new file's, and those that were perhaps just made.
  for (const each of [parent, dirname(parent), dirname(dirname(parent))]) await syncFolder(each);
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes what crashes left behind; a younger file may be another process's work. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const age = await stat(path).then(
      (about) => Date.now() - about.mtimeMs,
      (error: unknown) => {
        if (isMissing(error)) return 0;
        throw error;
      },
    );
    if (age > abandonedAfter) await rm(path, { force: true });
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
