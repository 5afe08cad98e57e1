import { toMeshError, type Clock, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, RateLimit, Stream } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Vault } from '../vault/index.ts';
import type { IntakeLimits } from './intake/open-intake.ts';

export interface InboxOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** What every process keeps to together. Default: each by itself. */
  readonly rateLimit?: RateLimit;
  readonly limits?: Partial<IntakeLimits>;
}

/** The stream that tells workers where to look. */
export const webhookTopic = 'webhooks';

/** How sealed secrets of sources are bound to their place. */
export function secretPlace(tenantId: string, sourceId: string) {
  return { tenantId, table: 'webhook_sources', row: sourceId, field: 'secret' };
}

/** Rings for a committed event; a failure is logged and made up for by the sweeper. */
export async function ring(
  options: Pick<InboxOptions, 'stream' | 'telemetry'>,
  tenantId: string,
  eventId: string,
): Promise<void> {
  const { tracer, log } = options.telemetry;
  try {
    const traceparent = tracer.traceparent();
    await options.stream.append(webhookTopic, [{ tenantId, kind: 'process', subjectId: eventId, traceparent }]);
  } catch (error) {
    log.warn('a ring for a webhook failed; the sweeper will ring again', {
      'webhook.event_id': eventId,
      'error.code': toMeshError(error).code,
    });
  }
}
