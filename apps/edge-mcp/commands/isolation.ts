import { execFile } from 'node:child_process';
import { lstat, readlink, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { findExecutable, fixedPath } from './executables.ts';
import { isWithin } from './jail.ts';

/** What holds commands on this host. */
export interface Isolation {
  readonly kind: 'sandbox' | 'process';
  /** What it holds them from, and what it does not, in plain words. */
  readonly sentence: string;
  /** The program and arguments that start a command in it. */
  wrap(command: Wrapped): readonly string[];
}

/** A command that is ready to run. */
interface Wrapped {
  readonly executable: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly writes: boolean;
  readonly readable: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

const sandboxSentence =
  'Commands run in a sandbox (bubblewrap): no network, no sockets of the host, processes of their own, no capabilities; of the files of the host they see the programs of the system, which they cannot change, and the jail, which only commands that write can change.';
const processSentence =
  'WEAKER ISOLATION: bubblewrap does not work on this host, so commands run as ordinary processes with the rights of the gateway. Arguments and paths are held to the policy, but a file that is replaced by a link while a command runs is followed, the network is open to the programs, a process that hides its ancestry may outlive its command, and commands that run code of the jail are refused.';

const limits = ['--core=0', '--nproc=1024', '--nofile=1024', '--fsize=1073741824', '--data=4294967296', '--cpu=900'];

interface IsolationOptions {
  readonly root: string;
  /** Default: bubblewrap and prlimit on the fixed path. */
  readonly bubblewrap?: string | undefined;
}

/** Tries what this host can do. */
export async function openIsolation({ root, bubblewrap = 'bwrap' }: IsolationOptions): Promise<Isolation> {
  const limiter = await findExecutable('prlimit', root);
  const limited = ({ executable, args }: Pick<Wrapped, 'executable' | 'args'>): readonly string[] =>
    limiter === undefined ? [executable, ...args] : [limiter, ...limits, '--', executable, ...args];
  const program = await findExecutable(bubblewrap, root);
  const system = await systemMounts();
  if (program !== undefined) {
    const wrap = (command: Wrapped): readonly string[] => [
      program,
      ...confine(root, system, command),
      '--',
      ...limited(command),
    ];
    const probe = { cwd: root, writes: false, readable: [], environment: { PATH: fixedPath.join(':') } };
    const works = await succeeds(wrap({ ...probe, executable: '/bin/sh', args: ['-c', 'test ! -e /etc/passwd'] }));
    if (works) return { kind: 'sandbox', sentence: sandboxSentence, wrap };
  }
  return { kind: 'process', sentence: processSentence, wrap: limited };
}

/** The system's programs and libraries, read-only; folders that are links stay links. */
async function systemMounts(): Promise<readonly string[]> {
  const mounts = ['--ro-bind', '/usr', '/usr'];
  for (const folder of ['/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32']) {
    const found = await lstat(folder).catch(() => undefined);
    if (found?.isSymbolicLink() === true) mounts.push('--symlink', await readlink(folder), folder);
    else if (found?.isDirectory() === true) mounts.push('--ro-bind', folder, folder);
  }
  for (const path of ['/etc/alternatives', '/etc/ld.so.cache']) mounts.push('--ro-bind-try', path, path);
  return mounts;
}

function confine(root: string, system: readonly string[], command: Wrapped): readonly string[] {
  const { cwd, writes, readable, environment } = command;
  // A jail below one of these lies over it.
  return [
    '--unshare-all',
    '--unshare-user',
    '--disable-userns',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--clearenv',
    ...Object.entries(environment).flatMap(([name, value]) => ['--setenv', name, value]),
    ...system,
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--tmpfs',
    '/tmp',
    ...readable.flatMap((path) => ['--ro-bind-try', path, path]),
    writes ? '--bind' : '--ro-bind',
    root,
    root,
    '--remount-ro',
    '/',
    '--chdir',
    cwd,
  ];
}

/** Where a program really lies, if the sandbox would not show it otherwise. */
export async function folderOfProgram(executable: string): Promise<readonly string[]> {
  const real = await realpath(executable);
  return isWithin('/usr', real) ? [] : [dirname(executable), dirname(real)];
}

function succeeds([program = '', ...args]: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(program, args, { env: {}, timeout: 5_000 }, (error) => resolve(error === null));
  });
}
