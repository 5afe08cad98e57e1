import { MeshError, type Logger } from '@devmesh/foundation';
import { startWorker } from '@devmesh/infrastructure';
import type { Worker } from 'node:worker_threads';
import type { LoadDocuments } from './linked-documents.ts';
import type {
  DocumentRequest,
  LoadedMessage,
  ReaderMessage,
  ReadHead,
  ReadReport,
  ReadTool,
  ThreadRequest,
} from './reader-messages.ts';

/** A document as tools, ready to be stored. */
export interface ReadDocument extends ReadReport {
  readonly head: ReadHead;
  readonly tools: readonly ReadTool[];
}

/** Reads documents in threads of their own, so that a large one holds nobody up. */
export interface DocumentReader {
  /**
   * Throws `broken_document` with what is wrong, also where reading takes too much time or memory. Documents that
   * references lead to come from `load`; without it such references lead nowhere.
   */
  read(request: DocumentRequest, signal?: AbortSignal, load?: LoadDocuments): Promise<ReadDocument>;
}

interface ReaderOptions {
  readonly log: Logger;
  /** Milliseconds one document may take. */
  readonly timeoutMilliseconds?: number;
  /** MiB of heap one document may take. */
  readonly memoryMegabytes?: number;
  /** Documents read at the same time. */
  readonly threads?: number;
}

const defaults = { timeoutMilliseconds: 60_000, memoryMegabytes: 512, threads: 2 } as const;

/** Builds the reader; threads live as long as their document is read. */
export function createDocumentReader(options: ReaderOptions): DocumentReader {
  const limits = { ...defaults, ...options };
  const seats = createSeats(limits.threads);
  return {
    read: async (request, signal, load) => {
      const leave = await seats.take();
      try {
        signal?.throwIfAborted();
        return await readInThread({ request, limits, signal, load });
      } finally {
        leave();
      }
    },
  };
}

type Limits = Required<ReaderOptions>;

interface ThreadReading {
  readonly request: DocumentRequest;
  readonly limits: Limits;
  readonly signal: AbortSignal | undefined;
  readonly load: LoadDocuments | undefined;
}

async function readInThread({ request, limits, signal, load }: ThreadReading): Promise<ReadDocument> {
  const worker = startWorker(workerModule(), {
    workerData: { ...request, mayLoad: load !== undefined } satisfies ThreadRequest,
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMegabytes },
  });
  const timeout = AbortSignal.timeout(limits.timeoutMilliseconds);
  try {
    const given = AbortSignal.any(signal === undefined ? [timeout] : [timeout, signal]);
    return await answer(worker, given, load);
  } catch (error) {
    signal?.throwIfAborted();
    if (timeout.aborted) {
      const seconds = String(limits.timeoutMilliseconds / 1000);
      throw new MeshError('broken_document', `Reading the document takes longer than ${seconds} s.`, { cause: error });
    }
    throw explained(error, limits);
  } finally {
    await worker.terminate();
  }
}

// Bundled, the worker lies beside the bundle as JavaScript.
function workerModule(): URL {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./openapi-worker.${extension}`, import.meta.url);
}

function answer(worker: Worker, signal: AbortSignal, load: LoadDocuments | undefined): Promise<ReadDocument> {
  return new Promise((resolve, reject) => {
    let head: ReadHead | undefined;
    const tools: ReadTool[] = [];
    worker.on('message', (message: ReaderMessage) => {
      if (message.kind === 'load') handOver(worker, message.addresses, load).catch(reject);
      else if (message.kind === 'head') head = message.head;
      else if (message.kind === 'tools') tools.push(...message.tools);
      else if (message.kind === 'failed') reject(new MeshError(message.code, message.detail));
      else if (head !== undefined) resolve({ head, tools, ...message.report });
    });
    worker.on('error', reject);
    worker.on('exit', () => {
      reject(new MeshError('internal', 'The thread that reads documents ended before it had answered.'));
    });
    signal.addEventListener(
      'abort',
      () => {
        reject(new MeshError('internal', 'Reading the document was given up.'));
      },
      { once: true },
    );
  });
}

async function handOver(worker: Worker, addresses: readonly string[], load: LoadDocuments | undefined): Promise<void> {
  const loaded: LoadedMessage = (await load?.(addresses)) ?? [];
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage(loaded);
}

function explained(error: unknown, { log, memoryMegabytes }: Limits): unknown {
  if (error instanceof MeshError) return error;
  if ((error as { code?: unknown }).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    const limit = String(memoryMegabytes);
    return new MeshError('broken_document', `Reading the document takes more than ${limit} MiB of memory.`, {
      cause: error,
    });
  }
  log.error('reading an OpenAPI document failed', error);
  return new MeshError('internal', 'Reading the document failed on our side.', { cause: error });
}

interface Seats {
  /** Waits for a free seat; call what it returns to leave it. */
  take(): Promise<() => void>;
}

function createSeats(count: number): Seats {
  const waiting: (() => void)[] = [];
  let free = count;
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return {
    take: async () => {
      if (free > 0) free -= 1;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      return leave;
    },
  };
}
