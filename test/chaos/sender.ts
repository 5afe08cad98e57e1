import { setTimeout as sleep } from 'node:timers/promises';
import { signGitHub } from '@devmesh/mockserver';
import { bodyOf, type Delivery } from './deliveries.ts';
import { createPoster, type Posted } from './post.ts';
import type { Random } from './random.ts';
import type { Source } from './sources.ts';

interface SenderOptions {
  readonly url: string;
  readonly sources: readonly Source[];
  /** Requests at once. */
  readonly concurrency: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Resolves when another delivery may be begun. */
  readonly mayBegin: () => Promise<void>;
}

/** What a sender knows. */
interface Sent {
  /** Deliveries that got a 202. */
  readonly acknowledged: ReadonlySet<string>;
  /** Answers and failures that were no 202, by what they were. */
  readonly troubles: ReadonlyMap<string, number>;
  /** Milliseconds from a request to its 202. */
  readonly latencies: readonly number[];
  /** Requests, repetitions included. */
  readonly requests: number;
}

export interface Sender {
  readonly sent: Sent;
  /** Sends them in order; each again and again until it is acknowledged or refused for good. */
  sendAll(deliveries: readonly Delivery[]): Promise<void>;
  close(): void;
}

const longestPause = 2_000;

/** Brings deliveries to us with bounded concurrency. */
export function createSender(options: SenderOptions): Sender {
  const poster = createPoster(options.url, options.concurrency);
  const acknowledged = new Set<string>();
  const troubles = new Map<string, number>();
  const latencies: number[] = [];
  const sent = { acknowledged, troubles, latencies, requests: 0 };

  const attempt = async (delivery: Delivery): Promise<Posted> => {
    const source = options.sources[delivery.source];
    if (source === undefined) throw new Error(`there is no source ${String(delivery.source)}`);
    const startedAt = performance.now();
    sent.requests += 1;
    const body = bodyOf(delivery);
    const posted = await poster.post(source.path, headersOf(delivery, source, body), body);
    if ('status' in posted && posted.status === 202) latencies.push(performance.now() - startedAt);
    return posted;
  };

  const bring = async (delivery: Delivery): Promise<void> => {
    for (let failures = 0; !options.signal.aborted; failures++) {
      const posted = await attempt(delivery);
      if ('status' in posted && posted.status === 202) {
        acknowledged.add(delivery.id);
        return;
      }
      const trouble = 'status' in posted ? `HTTP ${String(posted.status)}` : posted.failure;
      troubles.set(trouble, (troubles.get(trouble) ?? 0) + 1);
      if (isFinal(posted)) return;
      await sleep(pauseAfter(posted, failures) * (0.5 + options.random.next() / 2));
    }
  };

  return {
    sent,
    sendAll: async (deliveries) => {
      const queue = deliveries.values();
      const work = async (): Promise<void> => {
        for (const delivery of queue) {
          await options.mayBegin();
          await bring(delivery);
        }
      };
      await Promise.all(Array.from({ length: options.concurrency }, work));
    },
    close: () => {
      poster.close();
    },
  };
}

function headersOf({ id }: Delivery, { secret }: Source, body: string): Record<string, string> {
  return { 'x-github-event': 'push', 'x-github-delivery': id, 'x-hub-signature-256': signGitHub(secret, body) };
}

/** A refusal that no repetition changes: ours or the runner's fault, and told as a trouble. */
function isFinal(posted: Posted): boolean {
  return 'status' in posted && posted.status >= 400 && posted.status < 500 && posted.status !== 429;
}

function pauseAfter(posted: Posted, failures: number): number {
  const asked = 'status' in posted ? posted.retryAfterSeconds * 1_000 : 0;
  return Math.min(longestPause, Math.max(asked, 100 * 2 ** failures));
}
