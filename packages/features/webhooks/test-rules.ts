import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Automation, Occurrence, Verdict } from '../automation/index.ts';
import type { Principal } from '../identity/index.ts';
import { readEvent } from './event-log.ts';
import type { InboxOptions } from './inbox.ts';
import { selectSource } from './store-sources.ts';
import { occurrenceOf } from './take-effects.ts';

/** An event to try the rules on: a received one, or one that might come. */
interface Trial {
  readonly eventId?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly event?: string | undefined;
  readonly payload?: Readonly<Record<string, unknown>> | undefined;
}

/** Tells how each rule stands to an event; nothing is done. */
export interface RuleTests {
  /** Throws `not_found`, or `invalid_request` where neither an event nor a name and a payload are given. */
  testRules(principal: Principal, trial: Trial): Promise<readonly Verdict[]>;
}

type RuleTestsOptions = Pick<InboxOptions, 'database'> & { readonly automation: Pick<Automation, 'judge'> };

/** Builds the trials of rules. */
export function createRuleTests({ database, automation }: RuleTestsOptions): RuleTests {
  return {
    testRules: (principal, trial) =>
      database.tenant(principal.tenantId, async (tx) => automation.judge(tx, await occurrence(tx, trial))),
  };
}

async function occurrence(tx: Tx, { eventId, sourceId, event, payload }: Trial): Promise<Occurrence> {
  if (eventId !== undefined) return occurrenceOf(await readEvent(tx, eventId));
  if (event === undefined || payload === undefined) {
    throw new MeshError('invalid_request', 'Give either `eventId`, or `event` and `payload`.');
  }
  const source = sourceId === undefined ? undefined : await selectSource(tx, sourceId);
  if (sourceId !== undefined && source === undefined) {
    throw new MeshError('not_found', `There is no webhook source ${sourceId}.`);
  }
  const action = typeof payload['action'] === 'string' ? payload['action'] : null;
  const name = source?.name ?? null;
  return { eventId: nobody, sourceId: sourceId ?? null, source: name, event, action, payload, traceparent: null };
}

const nobody = '00000000-0000-0000-0000-000000000000';
