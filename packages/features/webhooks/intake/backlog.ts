import { MeshError, toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import { LRUCache } from 'lru-cache';
import { countWaiting } from '../store-inbox.ts';

interface BacklogOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Events of one tenant that may wait to be processed. */
  readonly maximum: number;
}

/** Refuses webhooks of a tenant whose events are not processed fast enough, instead of letting them pile up without end. */
export interface Backlog {
  /** Throws `rate_limited` while the tenant's backlog is full, as far as is known now. */
  check(tenantId: string): void;
  /** Tells of events that were stored. */
  added(tenantId: string, count: number): void;
}

interface Measure {
  counted: number;
  /** Stored by this process since the count began. */
  since: number;
  at: number;
  counting: boolean;
}

const measureEveryMilliseconds = 1_000;
const maximumTenants = 10_000;
const retryAfterSeconds = 5;

/**
 * Builds the check, which nothing waits for: the backlog of a tenant is counted in the background, at most once a second and
 * only while it sends, one tenant after the other. In between, what this process stores is added up, so a backlog goes
 * beyond the maximum by no more than other processes store until the next count.
 */
export function createBacklog({ database, clock, telemetry, maximum }: BacklogOptions): Backlog {
  const measures = new LRUCache<string, Measure>({ max: maximumTenants });
  let counting: Promise<void> = Promise.resolve();
  const count = async (tenantId: string, measure: Measure): Promise<void> => {
    const before = measure.since;
    measure.at = clock.now();
    try {
      measure.counted = await database.tenant(tenantId, (tx) => countWaiting(tx, maximum));
      measure.since -= before;
    } catch (error) {
      // The database is in trouble, which the commit will tell the sender; the last count still stands.
      telemetry.log.warn('the backlog of webhooks could not be counted', { 'error.code': toMeshError(error).code });
    } finally {
      measure.counting = false;
    }
  };
  const known = (tenantId: string): Measure => {
    const measure = measures.get(tenantId) ?? { counted: 0, since: 0, at: -Infinity, counting: false };
    measures.set(tenantId, measure);
    return measure;
  };
  return {
    check: (tenantId) => {
      const measure = known(tenantId);
      if (!measure.counting && clock.now() - measure.at >= measureEveryMilliseconds) {
        measure.counting = true;
        counting = counting.then(() => count(tenantId, measure));
      }
      if (measure.counted + measure.since < maximum) return;
      const sentence = `${String(maximum)} webhooks of this organization wait to be processed already.`;
      throw new MeshError('rate_limited', sentence, { retryAfterSeconds });
    },
    added: (tenantId, stored) => {
      known(tenantId).since += stored;
    },
  };
}
