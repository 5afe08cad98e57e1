import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a piece of work took. */
export interface Watched {
  readonly seconds: number;
  /** What the process grew by at most, threads included. */
  readonly megabytes: number;
  /** For how long nothing else got a turn on this thread. */
  readonly longestBlockMilliseconds: number;
}

const sampleMilliseconds = 10;

/** Watches time, memory and the event loop until it is stopped. */
export function startWatch(): { stop(): Watched } {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = process.memoryUsage.rss();
  let peak = before;
  const sample = (): void => {
    peak = Math.max(peak, process.memoryUsage.rss());
  };
  const timer = setInterval(sample, sampleMilliseconds);
  const start = performance.now();
  delay.enable();
  return {
    stop: () => {
      const seconds = (performance.now() - start) / 1000;
      delay.disable();
      clearInterval(timer);
      sample();
      const longest = Number.isFinite(delay.max) ? delay.max / 1e6 : 0;
      return { seconds, megabytes: (peak - before) / 1_048_576, longestBlockMilliseconds: longest };
    },
  };
}
