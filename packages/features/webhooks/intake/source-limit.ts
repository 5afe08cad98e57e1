import { toMeshError, type Telemetry } from '@devmesh/foundation';
import type { RateLimit, Verdict } from '@devmesh/infrastructure';
import type { SourceRow } from '../store-sources.ts';

interface SourceLimitOptions {
  /** Absent: sources are not limited. */
  readonly rateLimit: RateLimit | undefined;
  readonly telemetry: Telemetry;
}

/** Takes one from what a source may send; undefined where that cannot be told now, for no webhook is refused for that. */
export type SourceLimit = (
  source: Pick<SourceRow, 'id' | 'tenantId' | 'requestsPerMinute'>,
) => Promise<Verdict | undefined>;

const patienceMilliseconds = 150;

/**
 * Builds the limit. The limiter goes on by itself while the key-values are away; until it has noticed that they hang, which
 * takes it longer than a sender should wait, webhooks pass.
 */
export function createSourceLimit({ rateLimit, telemetry }: SourceLimitOptions): SourceLimit {
  const { log, metrics } = telemetry;
  const unlimited = (reason: string): undefined => {
    metrics.count('devmesh_webhooks_unlimited_total', { reason });
  };
  return async ({ tenantId, id, requestsPerMinute }) => {
    if (rateLimit === undefined) return undefined;
    const limits = [{ policy: 'webhook-source', key: id, limit: requestsPerMinute, windowSeconds: 60 }];
    const verdict = rateLimit.checkAll(tenantId, limits).catch((error: unknown) => {
      log.error('the limit of a webhook source could not be checked', error);
      return unlimited(toMeshError(error).code);
    });
    return within(verdict, () => unlimited('slow'));
  };
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
