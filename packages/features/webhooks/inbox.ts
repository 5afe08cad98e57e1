import { toMeshError, type Clock, type NewId, type Telemetry } from '@devmesh/foundation';
import type { Database, RateLimit, Stream, StreamEntry } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Automation } from '../automation/index.ts';
import type { Events } from '../events/index.ts';
import type { Vault } from '../vault/index.ts';
import type { IntakeLimits } from './intake/open-intake.ts';

export interface InboxOptions {
  readonly database: Database;
  readonly stream: Stream;
  readonly vault: Vault;
  readonly automation: Pick<Automation, 'createRulesIn' | 'rulesChanged' | 'judge'>;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Holds sources to their limits; absent, they have none. */
  readonly rateLimit?: RateLimit;
  readonly limits?: Partial<IntakeLimits>;
}

/** The stream that tells workers where to look. */
export const webhookTopic = 'webhooks';

/** How sealed secrets of sources are bound to their place. */
export function secretPlace(tenantId: string, sourceId: string) {
  return { tenantId, table: 'webhook_sources', row: sourceId, field: 'secret' };
}

/** Rings for committed events of a tenant; a failure is logged and made up for by the sweeper. */
export async function ring(
  { stream, telemetry }: Pick<InboxOptions, 'stream' | 'telemetry'>,
  tenantId: string,
  events: readonly { readonly id: string; readonly traceparent: string | null }[],
): Promise<void> {
  if (events.length === 0) return;
  try {
    await stream.append(
      webhookTopic,
      events.map(({ id, traceparent }) => entryOf(tenantId, id, traceparent)),
    );
  } catch (error) {
    telemetry.log.warn('a ring for webhooks failed; the sweeper will ring again', {
      'webhook.count': events.length,
      'error.code': toMeshError(error).code,
    });
  }
}

/** What tells a worker to look at an event, within the trace that the event belongs to. */
export function entryOf(tenantId: string, subjectId: string, traceparent: string | null): StreamEntry {
  return { tenantId, kind: 'process', subjectId, ...(traceparent === null ? {} : { traceparent }) };
}
