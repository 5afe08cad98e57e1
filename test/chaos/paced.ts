import { setTimeout as sleep } from 'node:timers/promises';
import { signGitHub } from '@devmesh/mockserver';
import { bodyOf, type Delivery } from './deliveries.ts';
import { createPoster, type Poster } from './post.ts';
import type { Source } from './sources.ts';

interface PacedOptions {
  readonly url: string;
  readonly sources: readonly Source[];
  readonly perSecond: number;
  readonly signal: AbortSignal;
}

/** What a paced client saw. */
interface Paced {
  readonly acknowledged: ReadonlySet<string>;
  /** Requests that reached the server and were not answered with a 202, by what happened instead. */
  readonly errors: ReadonlyMap<string, number>;
  /** Connections that were refused, so that nothing reached the server; each is tried again. */
  readonly refused: number;
  /** New connections that were reset before an answer; each is tried again. */
  readonly reset: number;
}

export interface PacedClient {
  readonly seen: Paced;
  /** Sends at the rate, whatever the answers do; resolves when every one has been answered. */
  sendAll(deliveries: readonly Delivery[]): Promise<void>;
  close(): void;
}

const connections = 64;
const retryAfterMilliseconds = 100;
const cutOff = 'ECONNRESET after it was stored';

/** A client that sends at a steady rate and repeats only what no server had answered on a new connection. */
export function createPacedClient(options: PacedOptions): PacedClient {
  const poster = createPoster(options.url, connections);
  const acknowledged = new Set<string>();
  const errors = new Map<string, number>();
  const seen = { acknowledged, errors, refused: 0, reset: 0 };

  const brought = new Map<string, number>();
  /** Known before it was tried again: the server had it, and cut it off. What is brought twice may be known by the other. */
  const noteKnown = ({ id }: Delivery): void => {
    if (brought.get(id) === 1) errors.set(cutOff, (errors.get(cutOff) ?? 0) + 1);
  };

  const bring = async (delivery: Delivery): Promise<void> => {
    brought.set(delivery.id, (brought.get(delivery.id) ?? 0) + 1);
    let wasReset = false;
    while (!options.signal.aborted) {
      const { outcome, duplicate } = await post(poster, options.sources, delivery);
      if (outcome === 'ECONNREFUSED' || outcome === 'ECONNRESET') {
        wasReset ||= outcome === 'ECONNRESET';
        seen[outcome === 'ECONNRESET' ? 'reset' : 'refused'] += 1;
        await sleep(retryAfterMilliseconds);
        continue;
      }
      if (outcome === 'HTTP 202') acknowledged.add(delivery.id);
      else errors.set(outcome, (errors.get(outcome) ?? 0) + 1);
      if (wasReset && duplicate) noteKnown(delivery);
      return;
    }
  };

  return {
    seen,
    sendAll: async (deliveries) => {
      const startedAt = performance.now();
      const bringing: Promise<void>[] = [];
      for (const [index, delivery] of deliveries.entries()) {
        const ahead = startedAt + (index / options.perSecond) * 1_000 - performance.now();
        if (ahead > 1) await sleep(ahead);
        if (options.signal.aborted) break;
        bringing.push(bring(delivery));
      }
      await Promise.all(bringing);
    },
    close: () => {
      poster.close();
    },
  };
}

interface Answer {
  readonly outcome: string;
  /** Whether the server knew the delivery already. */
  readonly duplicate: boolean;
}

async function post(poster: Poster, sources: readonly Source[], delivery: Delivery): Promise<Answer> {
  const source = sources[delivery.source];
  if (source === undefined) throw new Error(`there is no source ${String(delivery.source)}`);
  const body = bodyOf(delivery);
  const headers = {
    'x-github-event': 'push',
    'x-github-delivery': delivery.id,
    'x-hub-signature-256': signGitHub(source.secret, body),
  };
  const posted = await poster.post(source.path, headers, body);
  if (!('status' in posted)) return { outcome: posted.failure, duplicate: false };
  return { outcome: `HTTP ${String(posted.status)}`, duplicate: posted.text.includes('"duplicate":true') };
}
