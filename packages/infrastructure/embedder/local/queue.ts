import { MeshError, toMeshError } from '@devmesh/foundation';

type Vectors = readonly Float32Array[];

interface QueueOptions {
  /** Embeds a few texts; called again only when the previous call has ended. */
  readonly embedSlice: (texts: readonly string[]) => Promise<Vectors>;
  readonly maximumWaiting: number;
}

interface Work {
  readonly texts: readonly string[];
  /** Goes before everything that is not. */
  readonly urgent: boolean;
  readonly signal: AbortSignal | undefined;
}

interface Job extends Work {
  readonly done: Float32Array[];
  readonly resolve: (vectors: Vectors) => void;
  readonly reject: (reason: unknown) => void;
  readonly onAbort: () => void;
}

/** Feeds one engine from many callers: urgent work first, the rest slice by slice in turn. */
export interface Queue {
  /** All vectors in order, or the first failure. Rejects with the signal's reason as soon as it aborts. */
  add(work: Work): Promise<Vectors>;
  /** Refuses what waits and what comes, with this reason. */
  close(reason: MeshError): void;
}

// Small enough that a question never waits long behind a slice of passages.
const sliceSize = 4;

/** Builds the queue; it holds no timers and no threads. */
export function createQueue({ embedSlice, maximumWaiting }: QueueOptions): Queue {
  const jobs = new Set<Job>();
  let closed: MeshError | undefined;
  let running = false;

  const settle = (job: Job, finish: () => void): void => {
    if (!jobs.delete(job)) return;
    job.signal?.removeEventListener('abort', job.onAbort);
    finish();
  };
  const next = (): Job | undefined => {
    for (const job of jobs) if (job.urgent) return job;
    const [first] = jobs;
    return first;
  };
  const step = async (job: Job): Promise<void> => {
    try {
      job.done.push(...(await embedSlice(job.texts.slice(job.done.length, job.done.length + sliceSize))));
    } catch (error) {
      settle(job, () => job.reject(toMeshError(error)));
      return;
    }
    if (job.done.length === job.texts.length) settle(job, () => job.resolve(job.done));
    // Back to the end, so that no caller waits for another one's whole repository.
    else if (jobs.delete(job)) jobs.add(job);
  };
  const run = async (): Promise<void> => {
    if (running) return;
    running = true;
    for (let job = next(); job !== undefined; job = next()) await step(job);
    running = false;
  };
  const waiting = (): number => [...jobs].reduce((sum, job) => sum + job.texts.length - job.done.length, 0);

  const enqueue = (work: Work): Promise<Vectors> =>
    new Promise((resolve, reject) => {
      const onAbort = (): void => settle(job, () => reject(work.signal?.reason));
      const job: Job = { ...work, done: [], resolve, reject, onAbort };
      work.signal?.addEventListener('abort', onAbort, { once: true });
      jobs.add(job);
      void run();
    });

  return {
    add: async (work) => {
      work.signal?.throwIfAborted();
      if (closed !== undefined) throw closed;
      if (waiting() + work.texts.length > maximumWaiting) throw tooMany(maximumWaiting);
      return work.texts.length === 0 ? [] : enqueue(work);
    },
    close: (reason) => {
      closed = reason;
      for (const job of jobs) settle(job, () => job.reject(reason));
    },
  };
}

function tooMany(maximum: number): MeshError {
  return new MeshError('unavailable', `More than ${String(maximum)} texts wait for the local embedder.`, {
    retryAfterSeconds: 10,
  });
}
