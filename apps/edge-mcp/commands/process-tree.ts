import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';

/** The processes of one command, also those that left its group and its session. */
export interface ProcessTree {
  /** Looks for processes; how many there are. */
  look(): Promise<number>;
  /** Kills all of them, again and again until none is left. */
  kill(): Promise<void>;
}

/** The variable by which processes of a command are found; its value is that of one run. */
export const markVariable = 'DEVMESH_COMMAND_MARK';

const rounds = 50;
const betweenMilliseconds = 20;

/** Follows the children of a process, and whatever carries the mark in its environment. */
export function createProcessTree(pid: number, mark: string): ProcessTree {
  /** With their start times: a number that is given anew is another process. */
  const known = new Map<number, string>();
  /** Looked at before: whoever has no mark gets none. */
  const strangers = new Map<number, string>();
  const belongs = async ({ pid: each, parent, start }: FoundProcess): Promise<boolean> => {
    if (each === pid || parent === pid || known.has(each) || known.has(parent)) return true;
    if (strangers.get(each) === start) return false;
    const marked = await isMarked(each, mark);
    if (!marked) strangers.set(each, start);
    return marked;
  };
  const look = async (): Promise<number> => {
    const all = await readProcesses();
    const byPid = new Map(all.map((each) => [each.pid, each]));
    for (const [each, start] of known) if (byPid.get(each)?.start !== start) known.delete(each);
    for (const found of all) if (await belongs(found)) known.set(found.pid, found.start);
    return known.size;
  };
  return {
    look,
    kill: async () => {
      for (let round = 0; round < rounds; round += 1) {
        if ((await look()) === 0) return;
        // Stopped first, so that none starts another while the others are killed.
        for (const each of known.keys()) signal(each, 'SIGSTOP');
        for (const each of known.keys()) signal(each, 'SIGKILL');
        await wait(betweenMilliseconds);
      }
      throw new Error(`Processes of a command outlived it: ${[...known.keys()].join(', ')}`);
    },
  };
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface FoundProcess {
  readonly pid: number;
  readonly parent: number;
  readonly start: string;
}

/** In the order of their numbers, so that mostly parents come first. Dead ones that nobody has waited for are left out. */
async function readProcesses(): Promise<readonly FoundProcess[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/u.test(name));
  const found = await Promise.all(names.map(async (name) => readStat(Number(name))));
  return found.filter((each) => each !== undefined).toSorted((a, b) => a.pid - b.pid);
}

async function readStat(pid: number): Promise<FoundProcess | undefined> {
  const text = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name of the program is in parentheses and may hold anything.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : { pid, parent: Number(fields[1]), start: fields[19] ?? '' };
}

async function isMarked(pid: number, mark: string): Promise<boolean> {
  const environment = await readFile(`/proc/${String(pid)}/environ`, 'utf8').catch(() => '');
  return environment.split('\0').includes(`${markVariable}=${mark}`);
}
