import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshError } from '@devmesh/foundation';

/** Marks a folder as used by this process until released. */
export interface FolderLock {
  release(): Promise<void>;
}

/** Who holds a lock. A process id is used again one day, but not with the same start in the same boot of the machine. */
interface Holder {
  readonly pid: number;
  readonly boot: string;
  readonly started: string;
}

const fileName = 'devmesh.lock';
const attempts = 50;

/** Takes the folder, making it where needed; throws `folder_in_use` while a living process holds it. Locks of dead ones are taken over. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const file = join(folder, fileName);
  // The token tells two locks of one process apart.
  const own = JSON.stringify({ ...(await describeSelf()), token: randomUUID() });
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await create(file, own)) return { release: () => removeIf(file, own) };
    const present = await readOr(file, undefined);
    if (present === undefined) continue;
    const holder = parse(present);
    if (holder !== undefined && (await isAlive(holder))) {
      throw new MeshError('folder_in_use', `Process ${String(holder.pid)} already uses the data folder ${folder}.`);
    }
    await removeIf(file, present);
  }
  throw new MeshError('folder_in_use', `Other processes are taking the data folder ${folder} at this moment.`);
}

// Linked from a complete file, so that nobody ever reads half a lock.
async function create(file: string, text: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, text, { mode: 0o600 });
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft);
  }
}

// Moved away before it is looked at: another process may have taken the lock since it was read.
async function removeIf(file: string, expected: string): Promise<void> {
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await readFile(aside, 'utf8')) === expected) await rm(aside);
  else await rename(aside, file);
}

function parse(text: string): Holder | undefined {
  try {
    const { pid, boot, started } = JSON.parse(text) as Partial<Holder>;
    return typeof pid === 'number' && typeof boot === 'string' && typeof started === 'string'
      ? { pid, boot, started }
      : undefined;
  } catch {
    // Locks appear complete, so a text that is none was not written by a living process.
    return undefined;
  }
}

async function describeSelf(): Promise<Holder> {
  const { started } = await readProcess(process.pid);
  return { pid: process.pid, boot: await bootId(), started };
}

async function isAlive(holder: Holder): Promise<boolean> {
  if (holder.boot !== (await bootId()) || !exists(holder.pid)) return false;
  const { started, zombie } = await readProcess(holder.pid);
  return !zombie && started === holder.started;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

// Systems without /proc give empty texts, which compare equal: there the process id alone decides.
async function bootId(): Promise<string> {
  return (await readOr('/proc/sys/kernel/random/boot_id', '')).trim();
}

async function readProcess(pid: number): Promise<{ started: string; zombie: boolean }> {
  const stat = await readOr(`/proc/${String(pid)}/stat`, '');
  // The second field, the program's name in brackets, may hold blanks and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { started: fields[19] ?? '', zombie: fields[0] === 'Z' };
}

async function readOr<Absent>(file: string, absent: Absent): Promise<string | Absent> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return absent;
    throw error;
  }
}
