import type { Clock, Logger } from '@devmesh/foundation';
import { errorCodeOf, type Database } from '@devmesh/infrastructure';
import type { Principal } from '../../identity/index.ts';
import { classes, classOf } from './histogram.ts';
import { addUsage, type UsageCount } from './store.ts';

/** One call that has ended. */
interface CountedCall {
  readonly principal: Principal;
  readonly tool: string;
  readonly service: string;
  readonly failed: boolean;
  readonly milliseconds: number;
  readonly answerBytes: number;
}

/** Counts calls in memory and adds them to the database every few seconds; a crash loses the seconds in between. */
export interface UsageCounter {
  count(call: CountedCall): void;
  /** Adds what was counted; what cannot be added is kept for the next time. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface CounterOptions {
  readonly database: Database;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
}

const flushEveryMilliseconds = 5_000;
const hourMilliseconds = 3_600_000;
/** Beyond it calls are not counted until the database takes what there is. */
const mostCounts = 50_000;
const rowsAtOnce = 200;

type Open = { -readonly [Key in keyof Omit<UsageCount, 'buckets'>]: UsageCount[Key] } & { readonly buckets: number[] };

/** Builds an empty counter. */
export function createUsageCounter({ database, clock, log }: CounterOptions): UsageCounter {
  let counts = new Map<string, { readonly tenantId: string; readonly count: Open }>();
  let uncounted = 0;
  const add = (call: CountedCall): void => {
    const { principal, tool, service } = call;
    const hour = Math.floor(clock.now() / hourMilliseconds) * hourMilliseconds;
    const who = nameOf(principal);
    const key = [principal.tenantId, hour, tool, who].join(' ');
    const known = counts.get(key);
    if (known === undefined && counts.size >= mostCounts) {
      uncounted += 1;
      return;
    }
    const { count } = known ?? { count: emptyCount({ hour: new Date(hour), tool, service, principal: who }) };
    if (known === undefined) counts.set(key, { tenantId: principal.tenantId, count });
    addCall(count, call);
  };
  const flushSome = async (tenantId: string, some: readonly Keyed[]): Promise<void> => {
    try {
      const rows = some.map(([, count]) => count);
      await database.tenant(tenantId, (tx) => addUsage(tx, rows));
    } catch (error) {
      // Their organization is gone.
      if (errorCodeOf(error) === '23503') return;
      log.error('calls of tools could not be added to the usage; they are kept for the next time', error);
      for (const [key, count] of some) counts.set(key, { tenantId, count: merged(counts.get(key)?.count, count) });
    }
  };
  const flush = async (): Promise<void> => {
    const taken = counts;
    counts = new Map();
    if (uncounted > 0) {
      log.warn('calls of tools are missing in the usage: too many kinds of them came between two writes', {
        uncounted,
      });
      uncounted = 0;
    }
    for (const [tenantId, rows] of byTenant(taken)) {
      for (let start = 0; start < rows.length; start += rowsAtOnce) {
        await flushSome(tenantId, rows.slice(start, start + rowsAtOnce));
      }
    }
  };
  let flushing = Promise.resolve();
  const flushInTurn = (): Promise<void> => (flushing = flushing.then(flush));
  const timer = setInterval(() => void flushInTurn(), flushEveryMilliseconds);
  timer.unref();
  return {
    count: add,
    flush: flushInTurn,
    close: async () => {
      clearInterval(timer);
      await flushInTurn();
    },
  };
}

/** Whom a call is for: the person, else the agent, else the key. */
function nameOf({ userId, agentId, keyId }: Principal): string {
  if (userId !== undefined) return `user ${userId}`;
  return agentId === undefined ? `key ${keyId}` : `agent ${agentId}`;
}

function emptyCount(of: Pick<UsageCount, 'hour' | 'tool' | 'service' | 'principal'>): Open {
  return {
    ...of,
    calls: 0,
    errors: 0,
    answerBytes: 0,
    milliseconds: 0,
    buckets: Array.from({ length: classes }, () => 0),
  };
}

function addCall(count: Open, { failed, milliseconds, answerBytes }: CountedCall): void {
  const at = classOf(milliseconds);
  count.calls += 1;
  count.errors += failed ? 1 : 0;
  count.answerBytes += answerBytes;
  count.milliseconds += Math.round(milliseconds);
  count.buckets[at] = (count.buckets[at] ?? 0) + 1;
}

function merged(one: Open | undefined, other: Open): Open {
  if (one === undefined) return other;
  return {
    ...other,
    calls: one.calls + other.calls,
    errors: one.errors + other.errors,
    answerBytes: one.answerBytes + other.answerBytes,
    milliseconds: one.milliseconds + other.milliseconds,
    buckets: one.buckets.map((count, at) => count + (other.buckets[at] ?? 0)),
  };
}

type Keyed = readonly [key: string, count: Open];

function byTenant(
  counts: ReadonlyMap<string, { readonly tenantId: string; readonly count: Open }>,
): ReadonlyMap<string, readonly Keyed[]> {
  const tenants = new Map<string, Keyed[]>();
  for (const [key, { tenantId, count }] of counts) {
    const rows = tenants.get(tenantId) ?? [];
    rows.push([key, count]);
    tenants.set(tenantId, rows);
  }
  return tenants;
}
