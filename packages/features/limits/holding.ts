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
  const whole = { windowSeconds: 60, setBy: 'operator' } as const;
  return [
    { ...whole, policy: 'key', scope: 'key', key: keyId, subject: keyId, limit: operator.requestsPerMinuteOfKey },
    {
      ...whole,
      policy: 'operator',
      scope: 'tenant',
      key: each,
      subject: each,
      limit: operator.requestsPerMinuteOfTenant,
    },
  ];
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
  const own: readonly LimitSubject[] = [
    { scope: 'tenant', subject: each },
    ...(agentId === undefined ? [] : [{ scope: 'agent' as const, subject: agentId }]),
    ...subjects,
  ];
  return [
    ...operatorLimits(operator, keyId),
    ...own.flatMap((about) => {
      const definition = limitFor(definitions, about);
      return definition === undefined ? [] : [holdingLimit(definition, about.subject)];
    }),
  ];
}
