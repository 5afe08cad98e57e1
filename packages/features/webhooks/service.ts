import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { receive, type InboxOptions } from './inbox.ts';
import type { Arrival } from './kinds/kind.ts';
import { createSources, type Sources } from './sources.ts';

/** Sources of webhooks, what they sent, and what could not be processed. */
export interface Webhooks extends Sources, EventLog, DeadLetters {
  /** Takes a webhook in; resolves once it is committed. */
  receive(sourceId: string, arrival: Arrival): Promise<{ readonly eventId: string; readonly duplicate: boolean }>;
}

/** Builds the webhooks feature. */
export function createWebhooks(options: InboxOptions): Webhooks {
  return {
    ...createSources(options),
    ...createEventLog(options),
    ...createDeadLetters(options),
    receive: (sourceId, arrival) => receive(options, sourceId, arrival),
  };
}
