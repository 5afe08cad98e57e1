import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MeshError, newId } from '@devmesh/foundation';

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

/** A lock file of somebody else who lives. */
interface Rival {
  readonly name: string;
  readonly pid: number;
  /** Whether it has been there for so long that it holds the folder and does not merely ask for it. */
  readonly settled: boolean;
}

const prefix = 'devmesh.lock.';
const settledMilliseconds = 1_000;
const askMilliseconds = 3_000;
const longestPause = 150;

/**
 * Takes the folder, making it where needed; throws `folder_in_use` while a living process holds it. Each asker first
 * shows a file of its own, then looks for others: of two, the one who looks later sees the other, so never both get it.
 * Nobody removes a file of the living, and those of the dead mean nothing, so taking over needs no lock in turn.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  await mkdir(folder, { recursive: true });
  const self = await describeSelf();
  const deadline = Date.now() + askMilliseconds;
  let own = await announce(folder, self);
  for (;;) {
    const rivals = await findRivals(folder, own);
    if (rivals.length === 0) return { release: () => withdraw(folder, own) };
    // Who holds it has asked before; one who came later may only have waited long, as this one may.
    const holds = ({ settled, name }: Rival): boolean => settled && name < own;
    const holder = rivals.find(holds) ?? (Date.now() > deadline ? rivals[0] : undefined);
    if (holder !== undefined) {
      await withdraw(folder, own);
      throw new MeshError('folder_in_use', `Process ${String(holder.pid)} already uses the data folder ${folder}.`);
    }
    // Names grow with time: the first to ask waits for the others to step back.
    const first = rivals.every(({ name }) => own < name);
    if (!first) await withdraw(folder, own);
    await sleep(first ? 5 : Math.random() * longestPause);
    if (!first) own = await announce(folder, self);
  }
}

/** Shows a lock file, complete from its first moment; its name. */
async function announce(folder: string, self: Holder): Promise<string> {
  const name = prefix + newId();
  const draft = join(folder, `draft.${name}`);
  await writeFile(draft, JSON.stringify(self), { mode: 0o600 });
  await rename(draft, join(folder, name));
  return name;
}

async function withdraw(folder: string, name: string): Promise<void> {
  await rm(join(folder, name), { force: true });
}

/** The lock files of others who live; those of the dead are removed. */
async function findRivals(folder: string, own: string): Promise<readonly Rival[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(prefix) && name !== own);
  const rivals = await Promise.all(names.map((name) => findRival(folder, name)));
  return rivals.filter((rival) => rival !== undefined);
}

async function findRival(folder: string, name: string): Promise<Rival | undefined> {
  const file = join(folder, name);
  const text = await readOr(file, undefined);
  if (text === undefined) return undefined;
  const holder = parse(text);
  if (holder === undefined || !(await isAlive(holder))) {
    await withdraw(folder, name);
    return undefined;
  }
  const shown = await stat(file).catch(() => undefined);
  // Gone since it was read: released, or stepped back.
  if (shown === undefined) return undefined;
  return { name, pid: holder.pid, settled: Date.now() - shown.mtimeMs > settledMilliseconds };
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
  const text = await readOr(`/proc/${String(pid)}/stat`, '');
  // The second field, the program's name in brackets, may hold blanks and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
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
