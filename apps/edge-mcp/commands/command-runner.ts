import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshError } from '@devmesh/foundation';
import { checkArguments } from './check-arguments.ts';
import { findExecutable, fixedPath } from './executables.ts';
import type { Command, CommandPolicy } from './grammar.ts';
import { guardGit } from './guard-git.ts';
import { folderOfProgram, openIsolation, type Isolation } from './isolation.ts';
import { openJail, type Jail } from './jail.ts';
import { markVariable } from './process-tree.ts';
import { refusal } from './refusal.ts';
import { runCommand, type Bounds, type Ended } from './run-command.ts';

interface CommandRunnerOptions {
  readonly root: string;
  readonly policy: CommandPolicy;
  /** Ids of the organizations that it runs commands for. */
  readonly organizations: readonly string[];
  readonly longestSeconds: number;
  readonly atOnce: number;
  /** By default what bubblewrap is called on the fixed path. */
  readonly bubblewrap?: string;
  readonly bounds?: Partial<Bounds>;
}

/** A command as somebody asks for it. */
interface AskedCommand {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd?: string | undefined;
  readonly timeoutSeconds?: number | undefined;
}

/** A command that the policy describes and that stays in the jail. */
export interface PreparedCommand {
  readonly command: Command;
  readonly cwd: string;
  run(signal: AbortSignal, onNews: (news: string, elapsedMilliseconds: number) => void): Promise<Ended>;
}

/** Runs commands on this host, as far as the operator's policy goes. Who may run them is not its business. */
export interface CommandRunner {
  readonly root: string;
  readonly isolation: Pick<Isolation, 'kind' | 'sentence'>;
  readonly longestSeconds: number;
  /** The commands that can be run on this host. */
  readonly commands: readonly Command[];
  serves(organizationId: string): boolean;
  /** Throws `invalid_request` for what the policy does not describe, and runs nothing. */
  prepare(asked: AskedCommand): Promise<PreparedCommand>;
}

const standardBounds: Omit<Bounds, 'seconds'> = {
  keptBytes: 128 * 1_024,
  writtenBytes: 64 * 1_024 * 1_024,
  processes: 256,
};
const usualSeconds = 60;

interface Open {
  readonly options: CommandRunnerOptions;
  readonly jail: Jail;
  readonly isolation: Isolation;
  /** The programs, found once, by the names of their commands. */
  readonly programs: ReadonlyMap<string, Program>;
  running: number;
}

interface Program {
  readonly command: Command;
  readonly executable: string;
  readonly readable: readonly string[];
}

/** Opens the jail, finds the programs and tries what can hold them; rejects where the jail is no folder. */
export async function openCommandRunner(options: CommandRunnerOptions): Promise<CommandRunner> {
  const jail = await openJail(options.root);
  const isolation = await openIsolation({ root: jail.root, bubblewrap: options.bubblewrap });
  const programs = await findPrograms(options.policy, jail, isolation);
  const open: Open = { options, jail, isolation, programs, running: 0 };
  return {
    root: jail.root,
    isolation,
    longestSeconds: options.longestSeconds,
    commands: [...programs.values()].map(({ command }) => command),
    serves: (organizationId) => options.organizations.includes(organizationId),
    prepare: (asked) => prepare(open, asked),
  };
}

async function findPrograms({ commands }: CommandPolicy, jail: Jail, isolation: Isolation): Promise<Open['programs']> {
  const found = new Map<string, Program>();
  for (const command of commands) {
    const executable = await findExecutable(command.executable ?? command.name, jail.root);
    const held = isolation.kind === 'sandbox' || !command.needsSandbox;
    if (executable === undefined || !held) continue;
    const readable = [...(await folderOfProgram(executable)), ...command.readable];
    found.set(command.name, { command, executable, readable });
  }
  return found;
}

async function prepare(open: Open, asked: AskedCommand): Promise<PreparedCommand> {
  const { programs, jail, options } = open;
  const program = programs.get(asked.command);
  if (program === undefined) throw refusal('command', `must be one of ${[...programs.keys()].join(', ')}`);
  const { command } = program;
  const seconds = asked.timeoutSeconds ?? Math.min(usualSeconds, options.longestSeconds);
  if (!(seconds >= 1 && seconds <= options.longestSeconds)) {
    throw refusal('timeoutSeconds', `must be from 1 to ${String(options.longestSeconds)}`);
  }
  const checked = checkArguments(command, asked.args);
  const cwd = await jail.folder(asked.cwd ?? '.');
  for (const path of checked.paths) await jail.check(cwd, path);
  const placed = command.guard === 'git' ? await guardGit(jail.root, cwd) : [];
  const ready: Ready = { program, args: [...placed, ...checked.args], cwd, seconds };
  return { command, cwd, run: (signal, onNews) => runOne(open, ready, { signal, onNews }) };
}

interface Ready {
  readonly program: Program;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly seconds: number;
}

type Listening = Pick<Parameters<typeof runCommand>[0], 'signal' | 'onNews'>;

async function runOne(open: Open, ready: Ready, listening: Listening): Promise<Ended> {
  const { options, isolation } = open;
  if (open.running >= options.atOnce) {
    throw new MeshError('conflict', `${String(open.running)} commands run on this host; try again when one has ended.`);
  }
  open.running += 1;
  // In a sandbox /tmp is its own; elsewhere a home is made for the run, so that nothing of the host's is found there.
  const home = isolation.kind === 'sandbox' ? '/tmp' : await mkdtemp(join(tmpdir(), 'devmesh-command-'));
  try {
    const { program, args, cwd, seconds } = ready;
    const { command, executable, readable } = program;
    const mark = randomUUID();
    const environment = { ...plainEnvironment(home), ...command.environment, [markVariable]: mark };
    const line = isolation.wrap({ executable, args, cwd, readable, environment, writes: command.effect !== 'read' });
    const bounds = { ...standardBounds, ...options.bounds, seconds };
    return await runCommand({ line, cwd, environment, mark, bounds, ...listening });
  } finally {
    open.running -= 1;
    if (isolation.kind !== 'sandbox') await rm(home, { recursive: true, force: true });
  }
}

/** What every command finds in its environment; nothing of ours, nothing of the caller's. */
function plainEnvironment(home: string): Readonly<Record<string, string>> {
  const fixed = { LANG: 'C.UTF-8', TERM: 'dumb', NO_COLOR: '1', CI: '1' };
  return { PATH: fixedPath.join(':'), HOME: home, TMPDIR: home, ...fixed };
}
