import type { Worker } from 'node:worker_threads';
import { MeshError } from '@devmesh/foundation';
import { DatabaseError } from 'pg';
import { startWorker } from '../threads/start-worker.ts';
import type {
  PgliteAnswer,
  PgliteEvent,
  PgliteFailure,
  PgliteOutcome,
  PgliteRequest,
  PgliteStart,
} from './pglite-messages.ts';
import { preparedName } from './prepared.ts';
import type { SqlResult } from './session.ts';
import { encodeValues, parserOf } from './values.ts';

/** PGlite in a thread of its own: statements in the order of asking. Once it has died everything asked of it throws `unavailable`. */
export interface PgliteThread {
  query(text: string, values: readonly unknown[]): Promise<SqlResult>;
  script(text: string): Promise<SqlResult>;
  /** A gzipped tar of the whole data folder. */
  dump(): Promise<Uint8Array>;
  /** The id of the worker thread, which is never that of the main thread. */
  readonly threadId: number;
  /** Ends the engine cleanly, then the thread; an engine that no longer answers is ended all the same. */
  close(): Promise<void>;
  /** Ends the thread at once, as a crash would. */
  terminate(): Promise<void>;
}

interface ThreadOptions extends PgliteStart {
  readonly onNotification: (channel: string, payload: string) => void;
  /** Called once when the thread ends without having been closed. */
  readonly onDeath: (reason: MeshError) => void;
}

interface Pending {
  readonly resolve: (answer: PgliteAnswer) => void;
  readonly reject: (error: unknown) => void;
}

const fatal = new Set(['PANIC', 'FATAL']);
const closeMilliseconds = 5_000;
// An engine that fails while it replays its log can hang instead of saying so.
const openMilliseconds = 120_000;

type Question = PgliteRequest extends infer Request
  ? Request extends PgliteRequest
    ? Omit<Request, 'id'>
    : never
  : never;

/** Starts the thread and resolves when the engine answers. */
export async function startPglite(options: ThreadOptions): Promise<PgliteThread> {
  const worker = startWorker(workerModule(), {
    workerData: { folder: options.folder, snapshot: options.snapshot } satisfies PgliteStart,
  });
  const { threadId } = worker;
  const calls = createCalls(worker, options);
  const timer = setTimeout(() => void worker.terminate(), openMilliseconds);
  try {
    await calls.ready;
  } catch (error) {
    await worker.terminate();
    throw error;
  } finally {
    clearTimeout(timer);
  }
  return {
    threadId,
    query: async (text, values) => {
      const name = preparedName(text);
      const question = { kind: 'query', text, values: encodeValues(values) } as const;
      return toResult(await calls.ask(name === undefined ? question : { ...question, name }));
    },
    script: async (text) => toResult(await calls.ask({ kind: 'script', text })),
    dump: async () => {
      const { bytes } = await calls.ask({ kind: 'dump' });
      return bytes ?? new Uint8Array();
    },
    close: () => calls.close(),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

// Bundled, the worker lies beside the bundle as JavaScript.
function workerModule(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./pglite-worker.${extension}`, import.meta.url);
}

interface Calls {
  readonly ready: Promise<void>;
  ask(question: Question): Promise<PgliteAnswer>;
  close(): Promise<void>;
}

function createCalls(worker: Worker, options: ThreadOptions): Calls {
  const opened = createGate();
  const state = createPending(worker, options, opened);

  worker.on('error', state.die);
  worker.on('exit', (code) => {
    state.die(new Error(`the thread of PGlite ended with code ${String(code)}`));
  });
  worker.on('message', (event: PgliteEvent) => {
    if (event.kind === 'ready') opened.resolve();
    else if (event.kind === 'unopened') opened.reject(toError(event.failure));
    else if (event.kind === 'notification') options.onNotification(event.channel, event.payload);
    else for (const outcome of event.outcomes) state.settle(outcome);
  });

  let lastId = 0;
  let outbox: PgliteRequest[] = [];
  const flush = (): void => {
    const requests = outbox;
    outbox = [];
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage(requests);
  };
  const ask = async (question: Question): Promise<PgliteAnswer> => {
    if (state.dead !== undefined) throw state.dead;
    return new Promise((resolve, reject) => {
      lastId += 1;
      state.pending.set(lastId, { resolve, reject });
      outbox.push({ ...question, id: lastId });
      // What is asked before this turn of the loop goes on travels together: a message between threads costs more than most statements.
      if (outbox.length === 1) process.nextTick(flush);
    });
  };

  const close = async (): Promise<void> => {
    state.closing = true;
    const timer = setTimeout(() => void worker.terminate(), closeMilliseconds);
    try {
      await ask({ kind: 'close' });
    } catch (error) {
      if (state.dead === undefined) throw error;
    } finally {
      clearTimeout(timer);
      await worker.terminate();
    }
  };

  return { ready: opened.promise, ask, close };
}

/** The questions that wait for their answers, until the thread dies. */
interface PendingCalls {
  readonly pending: Map<number, Pending>;
  dead: MeshError | undefined;
  closing: boolean;
  settle(outcome: PgliteOutcome): void;
  die(this: void, cause: unknown): void;
}

function createPending(worker: Worker, options: ThreadOptions, opened: Gate): PendingCalls {
  const die = (cause: unknown): void => {
    if (calls.dead !== undefined) return;
    const sentence = 'The embedded database has stopped; the log says why.';
    const reason = new MeshError('unavailable', sentence, { cause });
    calls.dead = reason;
    opened.reject(reason);
    for (const call of calls.pending.values()) call.reject(reason);
    calls.pending.clear();
    if (!calls.closing) options.onDeath(reason);
  };

  const settle = (outcome: PgliteOutcome): void => {
    const call = calls.pending.get(outcome.id);
    calls.pending.delete(outcome.id);
    if (outcome.kind === 'answer') {
      call?.resolve(outcome.answer);
      return;
    }
    const error = toError(outcome.failure);
    call?.reject(error);
    if (!fatal.has(outcome.failure.fields['severity'] ?? '')) return;
    // PostgreSQL would end its process here and recover in a new one; PGlite would hang at the next statement.
    die(error);
    void worker.terminate();
  };

  const calls: PendingCalls = { pending: new Map(), dead: undefined, closing: false, settle, die };
  return calls;
}

interface Gate {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(error: unknown): void;
}

function createGate(): Gate {
  let settle: Omit<Gate, 'promise'> | undefined;
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // A thread that dies later also rejects this, when nobody waits for it any more.
  promise.catch(() => undefined);
  return { promise, resolve: () => settle?.resolve(), reject: (error) => settle?.reject(error) };
}

function toResult(answer: PgliteAnswer): SqlResult {
  const columns = answer.columns.map(({ name, type }) => ({ name, parse: parserOf(type) }));
  const rows = answer.rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (const [index, { name, parse }] of columns.entries()) {
      const text = values[index] ?? null;
      row[name] = text === null ? null : parse(text);
    }
    return row;
  });
  const words = answer.tag.split(' ');
  return { rows, command: words[0] ?? '', rowCount: Number(words.at(-1)) || 0 };
}

// The same class as on PostgreSQL, so that callers tell errors apart by the same fields.
function toError(failure: PgliteFailure): Error {
  return Object.assign(new DatabaseError(failure.message, failure.message.length, 'error'), failure.fields);
}
