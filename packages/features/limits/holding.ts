import type { PolicyLimit } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';
import { each, limitFor, type LimitDefinition, type LimitScope, type LimitSubject } from './definition.ts';

/** What the operator allows everybody; an organization's own limits come on top. */
export interface OperatorLimits {
  readonly requestsPerMinuteOfKey: number;
  readonly requestsPerMinuteOfTenant: number;
}

/** A limit that holds for somebody: whose allowance it counts, and how clients are told of it. */
export interface HoldingLimit extends PolicyLimit {
  readonly scope: 'key' | LimitScope;
  readonly subject: string;
  readonly setBy: 'operator' | 'organization';
  readonly updatedAt?: string;
}

/** The operator's limits for a key and for its organization. */
export function operatorLimits(operator: OperatorLimits, keyId: string): readonly HoldingLimit[] {
  const { requestsPerMinuteOfKey, requestsPerMinuteOfTenant } = operator;
  return [
    operatorLimit({ policy: 'key', scope: 'key', subject: keyId, limit: requestsPerMinuteOfKey }),
    operatorLimit({ policy: 'operator', scope: 'tenant', subject: each, limit: requestsPerMinuteOfTenant }),
  ];
}

function operatorLimit({
  policy,
  scope,
  subject,
  limit,
}: Pick<HoldingLimit, 'policy' | 'scope' | 'subject' | 'limit'>): HoldingLimit {
  return { policy, scope, key: subject, subject, limit, windowSeconds: 60, setBy: 'operator' };
}

/** A definition as it holds for one subject. */
export function holdingLimit(definition: LimitDefinition, subject: string): HoldingLimit {
  const { scope, limit, windowSeconds, updatedAt } = definition;
  return { policy: scope, scope, key: subject, subject, limit, windowSeconds, updatedAt, setBy: 'organization' };
}

/** Every limit that a request of a principal about these subjects is held to. */
export function holdingLimits(
  operator: OperatorLimits,
  definitions: readonly LimitDefinition[],
  principal: Pick<Principal, 'keyId' | 'agentId'>,
  subjects: readonly LimitSubject[],
): readonly HoldingLimit[] {
  const { keyId, agentId } = principal;
  const ofOperator = operatorLimits(operator, keyId);
  if (definitions.length === 0) return ofOperator;
  const own: readonly LimitSubject[] = [
    { scope: 'tenant', subject: each },
    ...(agentId === undefined ? [] : [{ scope: 'agent' as const, subject: agentId }]),
    ...subjects,
  ];
  return [
    ...ofOperator,
    ...own.flatMap((about) => {
      const definition = limitFor(definitions, about);
      return definition === undefined ? [] : [holdingLimit(definition, about.subject)];
    }),
  ];
}
