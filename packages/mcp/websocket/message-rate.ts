interface MessageRateOptions {
  readonly perSecond: number;
  /** Stops and goes on reading. */
  readonly pause: () => void;
  readonly resume: () => void;
}

const windowsPerSecond = 10;

/** Bounds how many frames of a socket are taken: who sends more is read later, and nothing is lost. Returns what counts one. */
export function createMessageRate({ perSecond, pause, resume }: MessageRateOptions): () => void {
  const most = Math.max(1, Math.ceil(perSecond / windowsPerSecond));
  const windowMilliseconds = 1000 / windowsPerSecond;
  let count = 0;
  let since = 0;
  return () => {
    count += 1;
    // The clock is read twice a window at most.
    if (count === 1) since = performance.now();
    if (count < most) return;
    count = 0;
    const left = windowMilliseconds - (performance.now() - since);
    if (left <= 0) return;
    pause();
    setTimeout(resume, left).unref();
  };
}
