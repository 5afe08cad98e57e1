import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { createCapture, type Capture, type Captured } from './output.ts';
import { createProcessTree, type ProcessTree } from './process-tree.ts';

/** What a run may take. */
export interface Bounds {
  readonly seconds: number;
  /** Bytes that are kept of each stream. */
  readonly keptBytes: number;
  /** Bytes of both streams, beyond which the command is killed. */
  readonly writtenBytes: number;
  readonly processes: number;
}

interface RunOptions {
  /** The program by its absolute path, and its arguments; no shell reads them. */
  readonly line: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** The value of the mark in the environment. */
  readonly mark: string;
  readonly bounds: Bounds;
  readonly signal: AbortSignal;
  /** Told of what was written lately. */
  readonly onNews: (news: string, elapsedMilliseconds: number) => void;
}

/** How a run ended. */
export interface Ended {
  readonly ended: 'exited' | 'killed' | 'timed_out' | 'cancelled' | 'too_much' | 'not_started';
  readonly exitCode: number | undefined;
  readonly durationMilliseconds: number;
  readonly stdout: Captured;
  readonly stderr: Captured;
}

const lookMilliseconds = 50;
const newsMilliseconds = 250;
const newsBytes = 1_024;
const closeMilliseconds = 500;

type Stopped = Extract<Ended['ended'], 'timed_out' | 'cancelled' | 'too_much'>;

interface Running {
  readonly options: RunOptions;
  readonly child: ChildProcess;
  readonly tree: ProcessTree;
  readonly stdout: Capture;
  readonly stderr: Capture;
  readonly start: number;
  stopped?: Stopped;
}

/** Runs a program to its end, or until a bound is reached; nothing that it started is left when this resolves. */
export async function runCommand(options: RunOptions): Promise<Ended> {
  const { line, cwd, environment, mark, bounds } = options;
  const [program = '', ...args] = line;
  const start = performance.now();
  const stdout = createCapture(bounds.keptBytes);
  const stderr = createCapture(bounds.keptBytes);
  const child = spawn(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  child.stdout.on('data', (chunk: Buffer) => stdout.add(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.add(chunk));
  const started = await Promise.race([
    once(child, 'spawn').then(() => true),
    once(child, 'error').then(() => false),
  ]).catch(() => false);
  const result = (ended: Ended['ended']): Ended => ({
    ended,
    exitCode: child.exitCode ?? undefined,
    durationMilliseconds: Math.round(performance.now() - start),
    stdout: stdout.captured(),
    stderr: stderr.captured(),
  });
  if (!started || child.pid === undefined) return result('not_started');
  const tree = createProcessTree(child.pid, mark);
  const running: Running = { options, child, tree, stdout, stderr, start };
  const closed = once(child, 'close');
  await watch(running);
  await tree.kill();
  // Whatever still held the streams is gone; what it wrote is read, and nobody waits for more.
  await Promise.race([closed, wait(closeMilliseconds)]);
  child.stdout.destroy();
  child.stderr.destroy();
  return result(running.stopped ?? (child.signalCode === null ? 'exited' : 'killed'));
}

/** Until the program has ended, or a bound is reached and it is killed. */
async function watch(running: Running): Promise<void> {
  const { child, options, start, tree } = running;
  const ended = new AbortController();
  const exited = once(child, 'exit').then(() => ended.abort());
  let toldAt = start;
  while (!ended.signal.aborted) {
    const stopped = await whyStop(running);
    if (stopped !== undefined && !ended.signal.aborted) {
      running.stopped = stopped;
      // The first process of a sandbox takes all others with it at once.
      child.kill('SIGKILL');
      await tree.kill();
      break;
    }
    const now = performance.now();
    if (now - toldAt >= newsMilliseconds) {
      toldAt = now;
      options.onNews(newsOf(running), Math.round(now - start));
    }
    await nextLook([ended.signal, options.signal]);
  }
  await exited;
}

async function nextLook(signals: readonly AbortSignal[]): Promise<void> {
  if (signals.some(({ aborted }) => aborted)) return;
  await wait(lookMilliseconds, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => undefined);
}

async function whyStop({ options, stdout, stderr, start, tree }: Running): Promise<Stopped | undefined> {
  const { bounds, signal } = options;
  if (signal.aborted) return 'cancelled';
  if (performance.now() - start > bounds.seconds * 1_000) return 'timed_out';
  if (stdout.bytes() + stderr.bytes() > bounds.writtenBytes) return 'too_much';
  return (await tree.look()) > bounds.processes ? 'too_much' : undefined;
}

function newsOf({ stdout, stderr }: Running): string {
  return [stdout.news(newsBytes), stderr.news(newsBytes)].filter((text) => text !== '').join('\n');
}
