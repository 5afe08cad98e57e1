import { toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import type { RateLimit, Verdict } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import type { SourceRow } from '../store-sources.ts';

interface SourceLimitOptions {
  /** Absent: sources are not limited. */
  readonly rateLimit: RateLimit | undefined;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

type LimitedSource = Pick<SourceRow, 'id' | 'tenantId' | 'requestsPerMinute'>;

/** Takes one from what a source may send: the verdict where it may send no more now, undefined where it may. */
export type SourceLimit = (source: LimitedSource) => Promise<Verdict | undefined>;

const windowSeconds = 60;
/** A source that may send more than this a minute is given webhooks in blocks, so that not each of them costs a round trip. */
const mostBlocks = 600;
const maximumSources = 10_000;
const patienceMilliseconds = 150;

/**
 * Builds the limit. All processes together let no more pass than the source may send; what is left of a block after a
 * minute is forfeit. The limiter goes on by itself while the key-values are away, and until it has noticed that they hang,
 * which takes it longer than a sender should wait, webhooks pass: none is refused because the limiter is in trouble.
 */
export function createSourceLimit({ rateLimit, clock, telemetry }: SourceLimitOptions): SourceLimit {
  if (rateLimit === undefined) return () => Promise.resolve(undefined);
  const { log, metrics } = telemetry;
  const blocks = createBlocks(rateLimit, clock);
  const pass = (reason: string): undefined => {
    metrics.count('devmesh_webhooks_unlimited_total', { reason });
  };
  return (source) => {
    if (blocks.spend(source)) return Promise.resolve(undefined);
    const taken = blocks.take(source).catch((error: unknown) => {
      log.error('the limit of a webhook source could not be checked', error);
      return pass(toMeshError(error).code);
    });
    return within(taken, () => pass('slow'));
  };
}

interface Blocks {
  /** Takes one of the present block; whether it had one. */
  spend(source: LimitedSource): boolean;
  /** Takes one of the present block or of the next, which all that come meanwhile wait for. */
  readonly take: SourceLimit;
}

function createBlocks(rateLimit: RateLimit, clock: Clock): Blocks {
  const perf = { now: () => clock.now() };
  const blocks = new LRUCache<string, { left: number }>({
    max: maximumSources,
    ttl: windowSeconds * 1_000,
    ttlResolution: 0,
    perf,
  });
  const asking = new Map<string, Promise<Verdict>>();
  const ask = ({ id, tenantId, requestsPerMinute }: LimitedSource, name: string): Promise<Verdict> => {
    const size = Math.ceil(requestsPerMinute / mostBlocks);
    const limit = Math.floor(requestsPerMinute / size);
    const verdict = rateLimit
      .checkAll(tenantId, [{ policy: 'webhook-source', key: id, limit, windowSeconds }])
      .then((given) => {
        if (given.allowed) blocks.set(name, { left: size });
        return inWebhooks(given, requestsPerMinute);
      })
      .finally(() => {
        asking.delete(name);
      });
    asking.set(name, verdict);
    return verdict;
  };
  const spend = (name: string): boolean => {
    const block = blocks.get(name);
    if (block === undefined || block.left === 0) return false;
    block.left -= 1;
    return true;
  };
  return {
    spend: (source) => spend(nameOf(source)),
    take: async (source) => {
      const name = nameOf(source);
      while (!spend(name)) {
        const verdict = await (asking.get(name) ?? ask(source, name));
        if (!verdict.allowed) return verdict;
      }
      return undefined;
    },
  };
}

// With the limit in it, so that a changed one starts afresh.
function nameOf({ id, requestsPerMinute }: LimitedSource): string {
  return `${id} ${String(requestsPerMinute)}`;
}

/** A refused block means that no webhook is left; senders are told the limit in webhooks. */
function inWebhooks({ allowed, policies }: Verdict, limit: number): Verdict {
  return { allowed, policies: policies.map((policy) => ({ ...policy, limit })) };
}

function within<Result>(work: Promise<Result>, otherwise: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      resolve(otherwise());
    }, patienceMilliseconds);
    work.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
