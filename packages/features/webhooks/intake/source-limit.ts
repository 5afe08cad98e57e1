import { MeshError, toMeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import { createRateLimit, openMemoryKeyValue, type RateLimit, type Verdict } from '@devmesh/infrastructure';
import type { SourceRow } from '../store-sources.ts';

interface SourceLimitOptions {
  /** Shared by every process; absent: each limits by itself. */
  readonly rateLimit: RateLimit | undefined;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Takes one from what a source may send; never fails, for no webhook may be refused because a limiter is down. */
export type SourceLimit = (source: Pick<SourceRow, 'id' | 'tenantId' | 'requestsPerMinute'>) => Promise<Verdict>;

const patienceMilliseconds = 150;
const aloneMilliseconds = 1_000;

/** Builds the limit. While the shared limiter does not answer soon, this process keeps to the limit by itself. */
export function createSourceLimit({ rateLimit, clock, telemetry }: SourceLimitOptions): SourceLimit {
  const own = createRateLimit({ keyvalue: openMemoryKeyValue({ clock }), name: 'webhooks', telemetry, clock });
  let aloneUntil = rateLimit === undefined ? Infinity : 0;
  return async ({ tenantId, id, requestsPerMinute }) => {
    const limits = [{ policy: 'webhook-source', key: id, limit: requestsPerMinute, windowSeconds: 60 }];
    if (rateLimit === undefined || clock.now() < aloneUntil) return own.checkAll(tenantId, limits);
    try {
      return await soon(rateLimit.checkAll(tenantId, limits));
    } catch (error) {
      aloneUntil = clock.now() + aloneMilliseconds;
      telemetry.log.warn('the shared limit of webhooks does not answer; this process limits by itself', {
        'error.code': toMeshError(error).code,
      });
      return own.checkAll(tenantId, limits);
    }
  };
}

function soon(verdict: Promise<Verdict>): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new MeshError('unavailable', 'The shared limit did not answer in time.'));
    }, patienceMilliseconds);
    verdict.then(resolve, reject).finally(() => {
      clearTimeout(timer);
    });
  });
}
