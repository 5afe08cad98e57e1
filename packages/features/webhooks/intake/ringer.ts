import { toMeshError, type Telemetry } from '@devmesh/foundation';
import type { Stream, StreamEntry } from '@devmesh/infrastructure';

interface RingerOptions {
  readonly stream: Stream;
  readonly topic: string;
  readonly telemetry: Telemetry;
}

/** Rings for committed events without anybody waiting for it. */
export interface Ringer {
  /** What cannot be rung for, because the stream is down or too slow, is left to the sweeper. */
  ring(entries: readonly StreamEntry[]): void;
  /** Resolves when nothing is left to ring. */
  idle(): Promise<void>;
}

const maximumWaiting = 10_000;
const maximumAtOnce = 1_000;

/** Builds a ringer: one append is in flight at a time, and what comes meanwhile goes into the next. */
export function createRinger({ stream, topic, telemetry }: RingerOptions): Ringer {
  const { log, metrics } = telemetry;
  let waiting: StreamEntry[] = [];
  let running: Promise<void> | undefined;
  const leave = (count: number, reason: string): void => {
    metrics.count('devmesh_webhooks_unrung_total', {}, count);
    log.warn('rings for webhooks failed; the sweeper will ring again', { 'webhook.count': count, reason });
  };
  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const entries = waiting.slice(0, maximumAtOnce);
      waiting = waiting.slice(maximumAtOnce);
      try {
        await stream.append(topic, entries);
      } catch (error) {
        leave(entries.length + waiting.length, toMeshError(error).code);
        waiting = [];
      }
    }
    running = undefined;
  };
  return {
    ring: (entries) => {
      const room = Math.max(0, maximumWaiting - waiting.length);
      if (entries.length > room) leave(entries.length - room, 'too many wait');
      waiting.push(...entries.slice(0, room));
      // With nothing to ring the run would have ended before it could be noted, and be taken for one that goes on.
      if (waiting.length > 0) running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
