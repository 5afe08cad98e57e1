import type { Worker } from 'node:worker_threads';
import { MeshError } from '@devmesh/foundation';
import { startWorker } from '../../threads/start-worker.ts';
import type { MiniLmAnswer, MiniLmRequest, MiniLmStart } from './messages.ts';

/** The model in a thread of its own. When the thread dies, everything asked of it throws `unavailable`. */
export interface MiniLmThread {
  /** The vectors of a few texts, one behind the other. */
  embed(texts: readonly string[]): Promise<Float32Array>;
  /** Whether it can still be asked. */
  readonly alive: boolean;
  /** Lets it finish what it was asked and ends it. */
  close(): Promise<void>;
}

interface Pending {
  readonly resolve: (vectors: Float32Array) => void;
  readonly reject: (error: MeshError) => void;
}

/** Starts the thread, which loads the model at once. */
export function startMiniLm(start: MiniLmStart, onThread?: (worker: Worker) => void): MiniLmThread {
  const worker = startWorker(workerModule(), { workerData: start });
  onThread?.(worker);
  const pending = new Map<number, Pending>();
  let lastId = 0;
  let dead: MeshError | undefined;

  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      die(new Error('the thread of the local embedder ended'));
      resolve();
    });
  });
  const die = (cause: unknown): void => {
    dead ??= new MeshError('unavailable', 'The local embedder has stopped.', { cause, retryAfterSeconds: 1 });
    for (const { reject } of pending.values()) reject(dead);
    pending.clear();
  };
  worker.on('error', die);
  worker.on('message', (answer: MiniLmAnswer) => {
    const call = pending.get(answer.id);
    pending.delete(answer.id);
    if ('vectors' in answer) call?.resolve(answer.vectors);
    else call?.reject(new MeshError(answer.failure.code, answer.failure.message));
  });
  const post = (request: MiniLmRequest): void => {
    worker.postMessage(request, []);
  };

  return {
    embed: (texts) =>
      new Promise((resolve, reject) => {
        if (dead !== undefined) {
          reject(dead);
          return;
        }
        lastId += 1;
        pending.set(lastId, { resolve, reject });
        post({ kind: 'embed', id: lastId, texts });
      }),
    get alive() {
      return dead === undefined;
    },
    close: () => {
      post({ kind: 'close' });
      return exited;
    },
  };
}

// Bundled, the worker lies beside the bundle as JavaScript.
function workerModule(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./minilm-worker.${extension}`, import.meta.url);
}
