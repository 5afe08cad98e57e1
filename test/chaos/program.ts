import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface ProgramOptions {
  readonly name: string;
  /** The app and its words, e.g. `['worker']` or `['devmesh', 'up']`. */
  readonly words: readonly [app: string, ...more: string[]];
  readonly environment: Readonly<Record<string, string>>;
  /** The file that everything it prints is appended to. */
  readonly log: string;
  /** What it prints once it works. */
  readonly ready: RegExp;
  /** Sees each line that it prints. */
  readonly onLine?: (line: string) => void;
}

export type Ending = number | NodeJS.Signals;

/** A program of ours, running in a process of its own. */
export interface Program {
  readonly name: string;
  /** Resolves once it works; rejects when it ends before. */
  readonly started: Promise<void>;
  /** Resolves with the exit code, or the signal, when the process has ended. */
  readonly ended: Promise<Ending>;
  isReady(): boolean;
  send(signal: NodeJS.Signals): void;
}

/** Starts the main.ts of an app as a user does. Our own terminal's Ctrl-C does not reach it: who started it ends it. */
export function startProgram(options: ProgramOptions): Program {
  const [app, ...more] = options.words;
  const child = spawn(process.execPath, ['--import', 'tsx', `apps/${app}/main.ts`, ...more], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NO_COLOR: '1', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const file = createWriteStream(options.log, { flags: 'a' });
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      file.end();
      resolve(code ?? signal ?? 'SIGKILL');
    });
  });
  let ready = false;
  let running = true;
  const started = new Promise<void>((resolve, reject) => {
    const onLine = (line: string): void => {
      file.write(`${line}\n`);
      options.onLine?.(line);
      if (ready || !options.ready.test(line)) return;
      ready = true;
      resolve();
    };
    createInterface({ input: child.stdout }).on('line', onLine);
    createInterface({ input: child.stderr }).on('line', onLine);
    const rejectAtEnd = async (): Promise<void> => {
      const ending = String(await ended);
      running = false;
      reject(new Error(`${options.name} ended with ${ending} before it worked; see ${options.log}`));
    };
    void rejectAtEnd();
  });
  // Who kills it while it starts does not wait for its start.
  started.catch(() => undefined);
  return {
    name: options.name,
    started,
    ended,
    isReady: () => ready && running,
    send: (signal) => child.kill(signal),
  };
}
