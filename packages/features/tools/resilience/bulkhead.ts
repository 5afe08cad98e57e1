import { MeshError } from '@devmesh/foundation';

interface BulkheadLimits {
  readonly concurrent: number;
  readonly queue: number;
}

interface Entering {
  readonly limits: BulkheadLimits;
  /** The longest that it waits for its turn. */
  readonly waitMilliseconds: number;
  readonly signal: AbortSignal;
}

/** Keeps one slow host from taking every connection: a few calls at once, a few that wait in order, the rest refused. */
export interface Bulkhead {
  /** Resolves when it is its turn, with what gives the place back. Throws `unavailable` where the queue is full or the wait too long. */
  enter(entering: Entering): Promise<() => void>;
  readonly running: number;
  readonly waiting: number;
}

/** Builds an empty bulkhead; `name` is for the message. */
export function createBulkhead(name: string): Bulkhead {
  let running = 0;
  const queue = new Set<() => void>();
  const leave = (): (() => void) => {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      running -= 1;
      const [next] = queue;
      next?.();
    };
  };
  const admit = (): (() => void) => {
    running += 1;
    return leave();
  };
  const wait = ({ limits, waitMilliseconds, signal }: Entering): Promise<() => void> =>
    new Promise((resolve, reject) => {
      const settle = (): void => {
        queue.delete(turn);
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
      };
      const turn = (): void => {
        settle();
        resolve(admit());
      };
      const abort = (): void => {
        settle();
        reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
      };
      const timer = setTimeout(() => {
        settle();
        reject(full(name, limits));
      }, waitMilliseconds);
      signal.addEventListener('abort', abort, { once: true });
      queue.add(turn);
    });
  return {
    enter: (entering) => {
      entering.signal.throwIfAborted();
      if (running < entering.limits.concurrent && queue.size === 0) return Promise.resolve(admit());
      if (queue.size >= entering.limits.queue) throw full(name, entering.limits);
      return wait(entering);
    },
    get running() {
      return running;
    },
    get waiting() {
      return queue.size;
    },
  };
}

const retryAfterSeconds = 1;

function full(name: string, { concurrent }: BulkheadLimits): MeshError {
  const message = `${String(concurrent)} calls of ${name} are on their way already and others wait; the call was not sent.`;
  const limit = { scope: 'tool', subject: name, limit: concurrent, windowSeconds: retryAfterSeconds };
  return new MeshError('unavailable', message, { retryAfterSeconds, limit });
}
