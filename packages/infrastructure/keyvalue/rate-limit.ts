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

/** A rate limit that can be looked at. */
export interface OpenRateLimit extends RateLimit {
  /** What `checkAll` would find, in the order asked; takes nothing. */
  look(tenantId: string, limits: readonly PolicyLimit[]): Promise<readonly PolicyState[]>;
}

/** Rate limits over key-values. */
export function createRateLimit(options: RateLimitOptions): OpenRateLimit {
  const { keyvalue, name } = options;
  // Those of this process cannot be away.
  const { takeAll, lookAll } = options.whenAway === 'refuse' || !keyvalue.shared ? keyvalue : withLocal(options);
  // The numbers are in the key, so that a changed limit starts afresh instead of reading the old one's state.
  const allowanceOf = (key: string, { limit, windowSeconds }: Limit): Allowance => {
    if (!Number.isSafeInteger(limit) || limit < 1 || !(windowSeconds > 0)) {
      throw new MeshError('invalid_request', 'A rate limit is a whole number of at least 1 in a time above 0.');
    }
    return { key: `limit:${name}:${key}:${String(limit)}/${String(windowSeconds)}`, limit, windowSeconds };
  };
  const allowanceOfPolicy = (limit: PolicyLimit): Allowance => allowanceOf(`${limit.policy}:${limit.key}`, limit);
  return {
    check: async (key, limit) => {
      const [taken] = await takeAll(key, [allowanceOf('', limit)]);
      if (taken === undefined) throw new MeshError('internal', 'A limit was checked and nothing was said of it.');
      return taken;
    },
    checkAll: async (tenantId, limits) => {
      const wanted = limits.map(allowanceOfPolicy);
      if (new Set(wanted.map(({ key }) => key)).size < wanted.length) {
        throw new MeshError('invalid_request', 'The same limit is asked for twice.');
      }
      const taken = wanted.length === 0 ? [] : await takeAll(tenantId, wanted);
      return { allowed: taken.every(({ allowed }) => allowed), policies: statesOf(limits, taken) };
    },
    look: async (tenantId, limits) =>
      limits.length === 0 ? [] : statesOf(limits, await lookAll(tenantId, limits.map(allowanceOfPolicy))),
  };
}

function statesOf(limits: readonly PolicyLimit[], taken: readonly Taken[]): readonly PolicyState[] {
  return limits.flatMap(({ policy, limit, windowSeconds }, at) => {
    const state = taken[at];
    if (state === undefined) return [];
    const { allowed, remaining, resetSeconds, fullSeconds } = state;
    return [{ policy, limit, windowSeconds, allowed, remaining, resetSeconds, fullSeconds }];
  });
}

type Allowances = Pick<KeyValue, 'takeAll' | 'lookAll'>;

function withLocal({ keyvalue, name, telemetry, clock = systemClock }: RateLimitOptions): Allowances {
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
  const either = (step: keyof Allowances): Allowances['takeAll'] => {
    return (scope, wanted) =>
      detour.run(
        () => keyvalue[step](scope, wanted),
        () => local[step](scope, wanted),
      );
  };
  return { takeAll: either('takeAll'), lookAll: either('lookAll') };
}
