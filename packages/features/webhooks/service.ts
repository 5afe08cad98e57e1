import { MeshError, systemClock } from '@devmesh/foundation';
import { createDeadLetters, type DeadLetters } from './dead-letters.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import type { InboxOptions } from './inbox.ts';
import type { Answer, Incoming, Received } from './intake/intake.ts';
import { openIntake, type IntakeLimits } from './intake/open-intake.ts';
import { createReplays, type Replays } from './replays.ts';
import { createSources, type Sources } from './sources.ts';
import { createRuleTests, type RuleTests } from './test-rules.ts';

/** Sources of webhooks, what they sent, and what could not be processed. */
export interface Webhooks extends Sources, EventLog, DeadLetters, Replays, RuleTests {
  /** Takes a webhook in, which resolves once it is committed, or tells why there is none to take. */
  answer(sourceId: string, incoming: Incoming): Promise<Answer>;
  /** As `answer`, for webhooks that are to become an event; throws for all others. */
  receive(sourceId: string, incoming: Incoming): Promise<Received>;
  /** Resolves when nothing is on its way from here any more. */
  close(): Promise<void>;
}

const defaultLimits: IntakeLimits = {
  maximumArrivals: 10_000,
  maximumBytes: 134_217_728,
  maximumBacklog: 100_000,
  deadlineMilliseconds: 1_700,
  parallel: 4,
};

/** Builds the webhooks feature. */
export function createWebhooks(options: InboxOptions): Webhooks {
  const { clock = systemClock, rateLimit, limits } = options;
  const intake = openIntake({ ...options, clock, rateLimit, limits: { ...defaultLimits, ...limits } });
  return {
    ...createSources(options),
    ...createEventLog(options),
    ...createDeadLetters(options),
    ...createReplays(options),
    ...createRuleTests(options),
    answer: (sourceId, incoming) => intake.receive(sourceId, incoming),
    receive: async (sourceId, incoming) => {
      const answer = await intake.receive(sourceId, incoming);
      if ('eventId' in answer) return answer;
      if ('refusal' in answer) throw answer.refusal;
      throw new MeshError('invalid_request', 'This webhook only asks whether the receiver is the right one.');
    },
    close: () => intake.close(),
  };
}
