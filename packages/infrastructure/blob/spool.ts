import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError, newId, toMeshError } from '@devmesh/foundation';
import type { BlobContent, BlobReference } from './port.ts';

interface SpoolOptions {
  /** Where contents wait under temporary names. */
  readonly folder: string;
  /** The largest content that is taken. */
  readonly maximumBytes: number;
}

/** Content on its way in: complete and durable in a temporary file, its digest known. */
export interface Spooled extends BlobReference {
  readonly path: string;
}

/** A folder where content is written and measured before it gets its name. */
export interface Spool {
  /** Hands the written content to `work`, then removes what `work` left of it. Throws `too_large` and `disk_full`. */
  with<Result>(content: BlobContent, work: (spooled: Spooled) => Promise<Result>): Promise<Result>;
}

const abandonedAfter = 3_600_000;

/** Opens the folder, and removes what crashes left there. */
export async function openSpool({ folder, maximumBytes }: SpoolOptions): Promise<Spool> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  return {
    with: async (content, work) => {
      const path = join(folder, newId());
      try {
        return await work({ path, ...(await write(path, content, maximumBytes)) });
      } catch (error) {
        throw toMeshError(error);
      } finally {
        await rm(path, { force: true });
      }
    },
  };
}

async function write(path: string, content: BlobContent, maximumBytes: number): Promise<BlobReference> {
  const file = await open(path, 'wx', 0o600);
  try {
    const reference = await copy(file, content instanceof Uint8Array ? [content] : content, maximumBytes);
    await file.sync();
    return reference;
  } finally {
    await file.close();
  }
}

async function copy(
  file: FileHandle,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  maximumBytes: number,
): Promise<BlobReference> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maximumBytes) {
      throw new MeshError('too_large', `At most ${String(maximumBytes)} bytes are stored as one.`);
    }
    hash.update(chunk);
    await file.writeFile(chunk);
  }
  return { sha256: hash.digest('hex'), bytes };
}

/** A younger file may be another process's work. */
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

/** Whether a file system error says that the file is not there. */
export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === 'ENOENT';
}
