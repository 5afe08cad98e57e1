import { statfs } from 'node:fs/promises';
import { MeshError } from '@devmesh/foundation';

const mebibyte = 1024 * 1024;
/** PostgreSQL writes its log in files of this size, so with less free a write may fail at any moment. */
const leastFree = 16 * mebibyte;

/** What is left on a disk, as the operating system tells it: blocks for everybody, and how large they are. */
interface DiskSpace {
  readonly bavail: number;
  readonly bsize: number;
}

/** Throws `disk_full` when the disk of a folder has no room left for the database to go on writing. */
export async function requireRoom(
  folder: string,
  measure: (folder: string) => Promise<DiskSpace> = statfs,
): Promise<void> {
  const { bavail, bsize } = await measure(folder);
  const free = bavail * bsize;
  if (free >= leastFree) return;
  throw new MeshError(
    'disk_full',
    `The disk of the database has ${String(Math.floor(free / mebibyte))} MiB free and needs ${String(leastFree / mebibyte)}: writes fail or soon will.`,
  );
}
