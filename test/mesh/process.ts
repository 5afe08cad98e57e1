import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A program of ours in a process of its own, as a user starts it. */
export interface Program {
  readonly child: ChildProcess;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Resolves with the first match in what is printed; rejects when the process ends without it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves with the exit code, or the signal, when the process has ended. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/** Environment of a mesh on a folder, with free ports. */
export function meshEnvironment(folder: string): Record<string, string> {
  return {
    DATA_DIR: folder,
    EDGE_PORT: '0',
    API_PORT: '0',
    MOCK_PORT: '0',
    REGISTRATION: 'open',
    LOG_LEVEL: 'error',
  };
}

interface ProgramOptions {
  readonly words?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** Starts the main.ts of an app. */
export function startProgram(app: string, { words = [], environment }: ProgramOptions): Program {
  const main = fileURLToPath(new URL(`../../apps/${app}/main.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...words], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const listeners = new Set<() => void>();
  const onData = (data: Buffer): void => {
    text += data.toString('utf8');
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', onData);
  child.stderr.on('data', onData);
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? signal ?? 'SIGKILL');
    });
  });
  return {
    child,
    ended,
    output: () => text,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const match = pattern.exec(text);
          if (match === null) return;
          listeners.delete(look);
          resolve(match);
        };
        listeners.add(look);
        const rejectAtEnd = async (): Promise<void> => {
          const code = String(await ended);
          reject(new Error(`${app} ended with ${code} and never printed ${String(pattern)}:\n${text}`));
        };
        void rejectAtEnd();
        look();
      }),
  };
}
