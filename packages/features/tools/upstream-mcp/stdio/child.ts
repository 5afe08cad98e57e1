import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { StdioProgram } from './program.ts';

/** A program that runs in a process group of its own. */
export interface Child {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The last that it wrote to its standard error. */
  complaint(): string;
  /** Resolves when it has ended. */
  readonly ended: Promise<void>;
  /** Asks it to end by closing its input, then by a signal, then kills it with all that it started. Safe to call twice. */
  end(graceMilliseconds?: number): Promise<void>;
}

/**
 * Becomes the program, within its limit of memory. A watcher stays behind on a pipe that only our process holds open: when that
 * closes, also because we were killed, it kills the group, and what left the group but carries the mark.
 */
const launcher = `
ulimit -d "$1" 2>/dev/null || ulimit -v "$1" 2>/dev/null
ulimit -c 0 2>/dev/null
shift
(
  exec </dev/null >/dev/null 2>&1
  trap '' HUP INT TERM
  read -r _ <&3
  self=$(exec sh -c 'echo $PPID')
  for environ in $(grep -lazx "DEVMESH_UPSTREAM_MARK=$DEVMESH_UPSTREAM_MARK" /proc/[0-9]*/environ); do
    pid=\${environ#/proc/}
    [ "\${pid%/environ}" = "$self" ] || kill -KILL "\${pid%/environ}"
  done
  kill -KILL -- "-$$"
) &
exec "$@" 3<&-
`;

const complaintBytes = 4_096;
const watcherMilliseconds = 1_500;

interface StartOptions extends StdioProgram {
  readonly megabytes: number;
}

/** Starts a program; rejects where it cannot be started. */
export function startChild(program: StartOptions): Promise<Child> {
  const { command, args, cwd, megabytes } = program;
  const child = spawn('/bin/sh', ['-c', launcher, 'sh', String(megabytes * 1_024), command, ...args], {
    cwd: cwd ?? tmpdir(),
    env: { ...plainEnvironment, ...program.environment, DEVMESH_UPSTREAM_MARK: randomUUID() },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.off('error', reject);
      child.on('error', () => undefined);
      resolve(controlled(child));
    });
  });
}

/** What every program finds in its environment; nothing of ours. */
const plainEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LANG: 'C.UTF-8',
  HOME: tmpdir(),
} as const;

function controlled(child: ChildProcess): Child {
  const pid = child.pid ?? 0;
  const [stdin, stdout, stderr, lifeline] = child.stdio as unknown as [Writable, Readable, Readable, Duplex];
  // Whoever writes to a program that has ended hears of its end, not of a broken pipe.
  for (const stream of [stdin, stdout, stderr, lifeline]) stream.on('error', () => undefined);
  let said = '';
  stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-complaintBytes);
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // What it left running goes with it.
      lifeline.destroy();
      resolve();
    });
  });
  let ending: Promise<void> | undefined;
  const end = async (graceMilliseconds: number): Promise<void> => {
    stdin.end();
    if (!(await within(ended, graceMilliseconds))) {
      signal(pid, 'SIGTERM');
      await within(ended, graceMilliseconds / 2);
    }
    // The watcher finds more than the group; where it was killed itself, the group goes all the same.
    lifeline.destroy();
    if (!(await within(ended, watcherMilliseconds))) signal(pid, 'SIGKILL');
    await ended;
  };
  return {
    pid,
    stdin,
    stdout,
    complaint: () => said.trim(),
    ended,
    end: (graceMilliseconds = 2_000) => (ending ??= end(graceMilliseconds)),
  };
}

async function within(done: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const result = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return result;
}

function signal(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    // The group has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
