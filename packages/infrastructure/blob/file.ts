import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MeshError } from '@devmesh/foundation';
import { partOf, partsOf } from './name.ts';
import type { Blob } from './port.ts';
import { isMissing, openSpool } from './spool.ts';
import { collect, verified } from './verified.ts';

interface FileBlobOptions {
  readonly folder: string;
  /** The largest content that is taken. */
  readonly maximumBytes: number;
}

/** Blobs as files `<folder>/<tenant>/<aa>/<sha256>`, each complete or absent, also after a crash. */
export async function openFileBlob({ folder, maximumBytes }: FileBlobOptions): Promise<Blob> {
  const spool = await openSpool({ folder: join(folder, 'unfinished'), maximumBytes });
  const pathOf = (tenantId: string, sha256: string): string => join(folder, ...partsOf(tenantId, sha256));
  const read: Blob['read'] = async (tenantId, sha256) => {
    const file = await openIfPresent(pathOf(tenantId, sha256));
    return file === undefined ? undefined : verified(file.createReadStream(), sha256);
  };
  return {
    put: async (tenantId, content) => {
      // Refuses a name that leads elsewhere before anything is written.
      partsOf(tenantId, emptyDigest);
      return spool.with(content, async ({ path, sha256, bytes }) => {
        const place = pathOf(tenantId, sha256);
        if (!(await holds(place, sha256))) await moveDurably(path, place);
        return { sha256, bytes };
      });
    },
    read,
    get: async (tenantId, sha256) => collect(await read(tenantId, sha256)),
    delete: async (tenantId, sha256) => {
      await rm(pathOf(tenantId, sha256), { force: true });
    },
    deleteTenant: async (tenantId) => {
      await rm(join(folder, partOf(tenantId)), { recursive: true, force: true });
    },
    ping: async () => {
      await stat(folder).catch((error: unknown) => {
        throw new MeshError('unavailable', 'The folder of blobs cannot be reached.', { cause: error });
      });
    },
    close: () => Promise.resolve(),
  };
}

const emptyDigest = createHash('sha256').digest('hex');

async function openIfPresent(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Reads what is there, so that altered bytes are replaced by the next `put` instead of trusted. */
async function holds(path: string, sha256: string): Promise<boolean> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
  return hash.digest('hex') === sha256;
}

async function moveDurably(from: string, to: string): Promise<void> {
  const parent = dirname(to);
  await mkdir(parent, { recursive: true });
  await rename(from, to);
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
