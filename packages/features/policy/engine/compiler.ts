import { MeshError, type Logger } from '@devmesh/foundation';
import { startWorker } from '@devmesh/infrastructure';
import type { Compilation } from './compiled-policy.ts';

/** What the thread is asked. */
export interface CompileRequest {
  readonly id: number;
  readonly text: string;
}

/** What the thread answers. */
export type CompileAnswer =
  | { readonly id: number; readonly compilation: Compilation }
  | { readonly id: number; readonly failure: string };

/** Reads and checks policies in a thread of its own, so that a long text holds no request up. */
export interface Compiler {
  /** Throws `unavailable` where the thread fails or takes too long. */
  compile(text: string): Promise<Compilation>;
  close(): Promise<void>;
}

interface CompilerOptions {
  readonly log: Logger;
  readonly timeoutMilliseconds?: number;
  /** The thread ends when nobody needed it for this long. */
  readonly idleMilliseconds?: number;
}

interface Waiting {
  readonly resolve: (compilation: Compilation) => void;
  readonly reject: (error: Error) => void;
}

/** Builds the compiler; its thread starts with the first text, and with the next one after it ended. */
export function createCompiler({ log, ...times }: CompilerOptions): Compiler {
  const { timeoutMilliseconds = 20_000, idleMilliseconds = 30_000 } = times;
  let thread: Thread | undefined;
  let last = 0;
  const end = async (ending: Thread, reason?: unknown): Promise<void> => {
    if (thread === ending) thread = undefined;
    if (reason !== undefined) log.error('reading policies failed', reason);
    await ending.end(reason);
  };
  const begin = (): Thread => {
    const started = startThread(idleMilliseconds, (reason) => {
      end(started, reason).catch((error: unknown) => {
        log.error('the thread that reads policies did not end', error);
      });
    });
    thread = started;
    return started;
  };
  return {
    compile: async (text) => {
      const used = thread ?? begin();
      const timer = setTimeout(() => {
        used.over(new Error('Reading policies took too long.'));
      }, timeoutMilliseconds);
      try {
        return await used.ask({ id: (last += 1), text });
      } finally {
        clearTimeout(timer);
      }
    },
    close: async () => {
      if (thread !== undefined) await end(thread);
    },
  };
}

interface Thread {
  ask(request: CompileRequest): Promise<Compilation>;
  /** Says that the thread is of no use any more; without a reason, that nobody needs it. */
  readonly over: (reason?: unknown) => void;
  /** Refuses whoever still waits. */
  end(reason?: unknown): Promise<void>;
}

function startThread(idleMilliseconds: number, over: (reason?: unknown) => void): Thread {
  const waiting = new Map<number, Waiting>();
  let idle: NodeJS.Timeout | undefined;
  const worker = startWorker(workerModule(), { resourceLimits: { maxOldGenerationSizeMb: 256 } });
  const settle = (answer: CompileAnswer): void => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('compilation' in answer) asked?.resolve(answer.compilation);
    else asked?.reject(unreadable(answer.failure));
    if (waiting.size > 0) return;
    worker.unref();
    idle = setTimeout(over, idleMilliseconds).unref();
  };
  worker.on('message', settle);
  worker.on('error', over);
  return {
    ask: (request) => {
      clearTimeout(idle);
      worker.ref();
      return new Promise((resolve, reject) => {
        waiting.set(request.id, { resolve, reject });
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
        worker.postMessage(request);
      });
    },
    over,
    end: async (reason) => {
      clearTimeout(idle);
      for (const { reject } of waiting.values()) reject(unreadable(reason));
      waiting.clear();
      await worker.terminate();
    },
  };
}

function unreadable(cause: unknown): MeshError {
  return new MeshError('unavailable', 'The policies of the organization could not be read now.', { cause });
}

// Bundled, the worker lies beside the bundle as JavaScript.
function workerModule(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./policy-worker.${extension}`, import.meta.url);
}
