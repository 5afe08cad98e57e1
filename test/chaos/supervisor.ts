import { setTimeout as sleep } from 'node:timers/promises';
import { startProgram, type Ending, type Program, type ProgramOptions } from './program.ts';

/** A program that is started again whenever it was killed, as an orchestrator does. */
export interface Supervised {
  readonly name: string;
  isReady(): boolean;
  /** Resolves once the present process works. */
  untilReady(): Promise<void>;
  /** SIGKILL, and a start of the next process. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with how it ended and after how many seconds. It is not started again. */
  terminate(): Promise<{ readonly ending: Ending; readonly seconds: number }>;
  /** Starts it again after `terminate`. */
  start(): void;
  /** Ends the process for good. */
  end(): Promise<void>;
}

/** Starts a program and keeps it running. */
export function supervise(options: ProgramOptions): Supervised {
  let wanted = true;
  let program: Program = startProgram(options);
  const watch = async (watched: Program): Promise<void> => {
    await watched.ended;
    if (!wanted || program !== watched) return;
    // One that cannot start, because its database is down, is not started in a busy loop.
    if (!watched.isReady()) await sleep(300);
    if (wanted) launch();
  };
  const launch = (): void => {
    program = startProgram(options);
    void watch(program);
  };
  void watch(program);
  return {
    name: options.name,
    isReady: () => program.isReady(),
    untilReady: async () => {
      while (!program.isReady()) await sleep(20);
    },
    kill: async () => {
      const killed = program;
      killed.send('SIGKILL');
      await killed.ended;
    },
    terminate: async () => {
      wanted = false;
      const startedAt = performance.now();
      program.send('SIGTERM');
      return { ending: await program.ended, seconds: (performance.now() - startedAt) / 1000 };
    },
    start: () => {
      wanted = true;
      launch();
    },
    end: async () => {
      wanted = false;
      program.send('SIGKILL');
      await program.ended;
    },
  };
}
