import { MeshError, systemClock, type Clock, type Telemetry } from '@devmesh/foundation';
import { createDetour } from './detour.ts';
import { openMemoryKeyValue } from './memory.ts';
import type { Allowance, KeyValue, Taken } from './port.ts';

/** How much is allowed: `limit` at once, refilled evenly over the window. */
export interface Limit {
  readonly limit: number;
  readonly windowSeconds: number;
}

/** One of the limits that hold at once: its `policy` names it to clients, `key` tells whose it is (an agent, a tool). */
export interface PolicyLimit extends Limit {
  readonly policy: string;
  readonly key: string;
}

/** What a check found of one limit, as RateLimit headers tell it. */
export interface PolicyState extends Taken, Limit {
  readonly policy: string;
}

/** What a check of several limits decided. */
export interface Verdict {
  /** Whether every limit allowed it; otherwise none was charged. */
  readonly allowed: boolean;
  readonly policies: readonly PolicyState[];
}

interface RateLimitOptions {
  readonly keyvalue: KeyValue;
  /** Keeps one kind of limit apart from the others. */
  readonly name: string;
  readonly telemetry: Telemetry;
  /**
   * What happens while the key-values are away: `local` (the default) limits each process by itself, so that neither the
   * platform stops nor anything is unlimited; `refuse` throws `unavailable`, for what must not be tried more often.
   */
  readonly whenAway?: 'local' | 'refuse';
  readonly clock?: Clock;
}

/** Decides whether one more request is within its limits. */
export interface RateLimit {
  /** Takes one from the allowance of `key`; exact across every process that shares the key-values. */
  check(key: string, limit: Limit): Promise<Taken>;
  /** Takes one of each limit of a tenant in one round trip, or of none where one of them refuses. */
  checkAll(tenantId: string, limits: readonly PolicyLimit[]): Promise<Verdict>;
}

/** Rate limits over key-values. */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { keyvalue, name } = options;
  const exact: KeyValue['takeAll'] = (scope, wanted) => keyvalue.takeAll(scope, wanted);
  const takeAll = options.whenAway === 'refuse' ? exact : withLocal(options);
  // The numbers are in the key, so that a changed limit starts afresh instead of reading the old one's state.
  const allowanceOf = (key: string, { limit, windowSeconds }: Limit): Allowance => {
    if (!Number.isSafeInteger(limit) || limit < 1 || !(windowSeconds > 0)) {
      throw new MeshError('invalid_request', 'A rate limit is a whole number of at least 1 in a time above 0.');
    }
    return { key: `limit:${name}:${key}:${String(limit)}/${String(windowSeconds)}`, limit, windowSeconds };
  };
  return {
    check: async (key, limit) => {
      const [taken] = await takeAll(key, [allowanceOf('', limit)]);
      if (taken === undefined) throw new MeshError('internal', 'A limit was checked and nothing was said of it.');
      return taken;
    },
    checkAll: async (tenantId, limits) => {
      const wanted = limits.map((limit) => allowanceOf(`${limit.policy}:${limit.key}`, limit));
      if (new Set(wanted.map(({ key }) => key)).size < wanted.length) {
        throw new MeshError('invalid_request', 'The same limit is asked for twice.');
      }
      const taken = wanted.length === 0 ? [] : await takeAll(tenantId, wanted);
      const policies = taken.flatMap((state, at) => {
        const limit = limits[at];
        return limit === undefined ? [] : [{ ...state, ...limitOf(limit) }];
      });
      return { allowed: taken.every(({ allowed }) => allowed), policies };
    },
  };
}

function limitOf({ policy, limit, windowSeconds }: PolicyLimit): Pick<PolicyState, 'policy' | keyof Limit> {
  return { policy, limit, windowSeconds };
}

function withLocal({ keyvalue, name, telemetry, clock = systemClock }: RateLimitOptions): KeyValue['takeAll'] {
  const local = openMemoryKeyValue({ clock, maximumEntries: 10_000 });
  const detour = createDetour({
    clock,
    log: telemetry.log.with({ limit: name }),
    what: 'rate limits',
    patienceMilliseconds: 250,
    onDetour: () => {
      telemetry.metrics.count('devmesh_rate_limit_local_total', { limit: name });
    },
  });
  return (scope, wanted) =>
    detour.run(
      () => keyvalue.takeAll(scope, wanted),
      () => local.takeAll(scope, wanted),
    );
}
