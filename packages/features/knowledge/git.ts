import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { MeshError } from '@devmesh/foundation';

interface GitOptions {
  /** Bytes for its standard input; nothing when absent. */
  readonly input?: string;
  /** Default 60,000. */
  readonly timeoutMilliseconds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** How git ended. */
export interface GitResult {
  readonly exitCode: number;
  readonly output: Buffer;
  readonly problem: string;
}

const largestOutput = 256 * 1024 * 1024;
const largestProblem = 4_000;

/**
 * Runs git in a folder without a shell, reading only: whatever the repository's configuration says, no hook, no filter,
 * no monitor and no network transport runs, and no lock is taken.
 */
export async function git(folder: string, args: readonly string[], options: GitOptions = {}): Promise<GitResult> {
  const limit = AbortSignal.timeout(options.timeoutMilliseconds ?? 60_000);
  const signal = options.signal === undefined ? limit : AbortSignal.any([options.signal, limit]);
  try {
    return await run(folder, args, { input: options.input ?? '', signal });
  } catch (error) {
    options.signal?.throwIfAborted();
    if (limit.aborted) throw new MeshError('unavailable', `git took too long in ${folder}.`, { cause: error });
    throw isMissing(error) ? missing(folder, error) : error;
  }
}

interface RunOptions {
  readonly input: string;
  readonly signal: AbortSignal;
}

async function run(folder: string, args: readonly string[], { input, signal }: RunOptions): Promise<GitResult> {
  const child = spawn('git', [...safeguards(folder), ...args], {
    cwd: folder,
    env: environment(folder),
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const output: Buffer[] = [];
  let bytes = 0;
  let problem = '';
  child.stdout.on('data', (data: Buffer) => {
    bytes += data.length;
    if (bytes <= largestOutput) output.push(data);
    else child.kill('SIGKILL');
  });
  child.stderr.on('data', (data: Buffer) => {
    problem = (problem + data.toString('utf8')).slice(0, largestProblem);
  });
  // Git that ends before it has read everything closes the pipe; its exit code tells more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [exitCode] = (await once(child, 'close')) as [number | null];
  if (bytes > largestOutput) throw new MeshError('too_large', 'The repository lists more than 256 MiB at once.');
  return { exitCode: exitCode ?? -1, output: Buffer.concat(output), problem: problem.trim() };
}

function safeguards(folder: string): string[] {
  const settings = ['core.fsmonitor=false', 'core.hooksPath=/dev/null', `safe.directory=${folder}`];
  return ['--no-pager', '--no-replace-objects', ...settings.flatMap((setting) => ['-c', setting])];
}

function environment(folder: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    LC_ALL: 'C',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // A partial clone would otherwise fetch what it lacks, through commands of its own configuration.
    GIT_ALLOW_PROTOCOL: 'none',
    GIT_NO_LAZY_FETCH: '1',
    // Git must not take a folder above this one for the repository.
    GIT_CEILING_DIRECTORIES: folder.slice(0, Math.max(1, folder.lastIndexOf('/'))),
  };
}

function isMissing(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === 'ENOENT';
}

function missing(folder: string, cause: unknown): MeshError {
  return new MeshError('unavailable', `git is not installed, or the folder ${folder} has gone.`, { cause });
}
