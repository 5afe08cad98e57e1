import type { NewId, Telemetry } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Automation } from '../automation/index.ts';
import type { Events } from '../events/index.ts';
import type { WaitingEvent } from './store-processing.ts';

/** What the parts of processing share. */
export interface ProcessingContext {
  readonly database: Database;
  readonly automation: Pick<Automation, 'wishes'>;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** Tries of a failing event before it is a dead letter. */
  readonly maximumAttempts: number;
}

/** As the audit trail names what events do. */
export const processingActor = 'system:webhooks';

/** The trace that an event belongs to. */
export function traceIdOf({ traceparent }: Pick<WaitingEvent, 'traceparent'>): string | undefined {
  return traceparent?.split('-')[1];
}
