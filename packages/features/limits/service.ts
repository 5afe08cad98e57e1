import { MeshError, type Clock, type Telemetry } from '@devmesh/foundation';
import { createRateLimit, type Bell, type Database, type KeyValue, type PolicyState } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { admissionOf, type Admission } from './admission.ts';
import { checkSubject, each, limitFor, type LimitDefinition, type LimitSubject } from './definition.ts';
import { createDefinitions, type Definitions } from './definitions.ts';
import { holdingLimit, holdingLimits, operatorLimits, type HoldingLimit, type OperatorLimits } from './holding.ts';
import { countOtherLimits, deleteLimit, upsertLimit } from './store.ts';

interface LimitsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly bell: Bell;
  readonly audit: Audit;
  readonly telemetry: Telemetry;
  readonly operator: OperatorLimits;
  readonly clock?: Clock;
}

/** A limit, and what is left of it; without the latter where only a name could tell. */
export interface LimitUsage {
  readonly limit: HoldingLimit;
  readonly state: PolicyState | undefined;
}

/** How much organizations, keys, agents and tools may do, and tasks of a capability be made. */
export interface Limits {
  /**
   * Takes one of every limit that a request of a principal is held to, in one round trip, or of none where one of them
   * refuses. `subjects` are what the request is about besides: a tool, a capability.
   */
  admit(principal: Principal, subjects: readonly LimitSubject[]): Promise<Admission>;
  /** The operator's first, then the organization's. */
  list(principal: Principal): Promise<readonly HoldingLimit[]>;
  /** Throws `invalid_request` for a subject that the scope cannot have, `conflict` beyond 500 limits. */
  set(principal: Principal, limit: Omit<LimitDefinition, 'updatedAt'>): Promise<HoldingLimit>;
  /** Throws `not_found`. */
  delete(principal: Principal, about: LimitSubject): Promise<void>;
  /** What is left of each limit; of one for `*` what is left to the `named` one that it holds for. Takes nothing. */
  usage(principal: Principal, named: readonly LimitSubject[]): Promise<readonly LimitUsage[]>;
  close(): Promise<void>;
}

const mostLimits = 500;

/** Builds the limits. */
export function createLimits(options: LimitsOptions): Limits {
  const { keyvalue, telemetry, operator } = options;
  const definitions = createDefinitions(options);
  const rateLimit = createRateLimit({ ...options, keyvalue, telemetry, name: 'requests' });
  const changing = { ...options, definitions };
  return {
    admit: async (principal, subjects) => {
      const { tenantId } = principal;
      const limits = holdingLimits(operator, await definitions.of(tenantId), principal, subjects);
      const { policies } = await rateLimit.checkAll(tenantId, limits);
      const admission = admissionOf(limits, policies);
      const refused = admission.refusal?.limit;
      if (refused !== undefined) telemetry.metrics.count('devmesh_rate_limited_total', { scope: refused.scope });
      return admission;
    },
    list: async ({ tenantId, keyId }) => listed(operator, keyId, await definitions.of(tenantId)),
    set: (principal, limit) => set(changing, principal, limit),
    delete: (principal, about) => remove(changing, principal, about),
    usage: async ({ tenantId, keyId }, named) => {
      const looked = usageLimits(operator, keyId, { definitions: await definitions.of(tenantId), named });
      const known = looked.filter(({ key }) => key !== undefined).map(({ limit, key = '' }) => ({ ...limit, key }));
      const states = await rateLimit.look(tenantId, known);
      return looked.map(({ limit, key }) => ({
        limit,
        state: states[known.findIndex((other) => other.policy === limit.policy && other.key === key)],
      }));
    },
    close: () => definitions.close(),
  };
}

function listed(
  operator: OperatorLimits,
  keyId: string,
  definitions: readonly LimitDefinition[],
): readonly HoldingLimit[] {
  const own = definitions.map((definition) => holdingLimit(definition, definition.subject));
  return [...operatorLimits(operator, keyId), ...own];
}

interface Looking {
  readonly definitions: readonly LimitDefinition[];
  readonly named: readonly LimitSubject[];
}

/** Every limit with the key of the allowance to look at: a limit for each one is looked at as it holds for a named one. */
function usageLimits(operator: OperatorLimits, keyId: string, { definitions, named }: Looking) {
  return listed(operator, keyId, definitions).map((limit) => {
    if (limit.subject !== each || limit.scope === 'tenant') return { limit, key: limit.key };
    const one = named.find(({ scope }) => scope === limit.scope);
    const holds = one !== undefined && limitFor(definitions, one)?.subject === each;
    return holds ? { limit: { ...limit, subject: one.subject }, key: one.subject } : { limit, key: undefined };
  });
}

interface Changing {
  readonly database: Database;
  readonly audit: Audit;
  readonly definitions: Definitions;
}

function set(
  { database, audit, definitions }: Changing,
  principal: Principal,
  limit: Omit<LimitDefinition, 'updatedAt'>,
): Promise<HoldingLimit> {
  checkSubject(limit);
  const { tenantId } = principal;
  const { scope, subject, windowSeconds } = limit;
  return definitions.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      if ((await countOtherLimits(tx, limit)) >= mostLimits) {
        throw new MeshError('conflict', `There are ${String(mostLimits)} limits already; remove one first.`);
      }
      const [row] = await upsertLimit(tx, limit);
      if (row === undefined) throw new MeshError('internal', 'A limit vanished while it was set.');
      await audit.record(tx, {
        actor: actorOf(principal),
        action: 'limits.set',
        subject: `${scope}:${subject}`,
        detail: { limit: limit.limit, windowSeconds },
      });
      return holdingLimit(row, subject);
    }),
  );
}

function remove(
  { database, audit, definitions }: Changing,
  principal: Principal,
  { scope, subject }: LimitSubject,
): Promise<void> {
  const { tenantId } = principal;
  return definitions.change(tenantId, () =>
    database.tenant(tenantId, async (tx) => {
      if (!(await deleteLimit(tx, { scope, subject }))) {
        throw new MeshError('not_found', `There is no limit of the scope ${scope} for ${subject}.`);
      }
      await audit.record(tx, {
        actor: actorOf(principal),
        action: 'limits.delete',
        subject: `${scope}:${subject}`,
      });
    }),
  );
}
