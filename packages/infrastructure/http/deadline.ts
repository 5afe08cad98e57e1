/** A time limit joined with a caller's signal. */
export interface Deadline {
  /** Aborts at the limit or with the caller's signal. */
  readonly signal: AbortSignal;
  /** Whether the limit, and not the caller, aborted it. */
  expired(): boolean;
  /** Settles like `work`, or rejects when the signal aborts first; `work` is then left to end by itself. */
  race<Result>(work: Promise<Result>): Promise<Result>;
  /** Puts another limit, counted from now, in the place of the first. */
  restart(milliseconds: number): void;
  /** Releases the timer and the listener. */
  release(): void;
}

/** Starts a deadline of some milliseconds; it alone keeps no process running. */
export function startDeadline(milliseconds: number, outer?: AbortSignal): Deadline {
  const controller = new AbortController();
  let expired = false;
  const start = (limit: number): NodeJS.Timeout =>
    setTimeout(() => {
      expired = true;
      controller.abort(new Error(`took longer than ${String(limit)} ms`));
    }, limit).unref();
  let timer = start(milliseconds);
  const onAbort = (): void => {
    controller.abort(outer?.reason);
  };
  if (outer?.aborted === true) onAbort();
  outer?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    expired: () => expired,
    race: (work) => race(work, controller.signal),
    restart: (limit) => {
      clearTimeout(timer);
      timer = start(limit);
    },
    release: () => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
    },
  };
}

function race<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted', { cause: signal.reason }));
    };
    const settled = (result: Result): void => {
      signal.removeEventListener('abort', onAbort);
      resolve(result);
    };
    const failed = (error: unknown): void => {
      signal.removeEventListener('abort', onAbort);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(settled, failed);
  });
}
