import {
  ErrorCode,
  StandardResolutionReasons,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import { evaluateFlag } from './evaluate.ts';
import type { Flag, FlagSubject, FlagValue } from './flag.ts';

/** The name of the organization in an evaluation context. */
const tenantAttribute = 'tenantId';

/** Answers OpenFeature from the flags of the organization that the context names. */
export function createFlagProvider(flagsOf: (tenantId: string) => Promise<readonly Flag[]>): Provider {
  const resolve = async <Value extends FlagValue>(
    key: string,
    fallback: Value,
    { kind, context }: { readonly kind: Flag['kind']; readonly context: EvaluationContext },
  ): Promise<ResolutionDetails<Value>> => {
    const tenantId = context[tenantAttribute];
    const failed = { value: fallback, reason: StandardResolutionReasons.ERROR };
    if (typeof tenantId !== 'string') return { ...failed, errorCode: ErrorCode.INVALID_CONTEXT };
    const flag = (await flagsOf(tenantId)).find((candidate) => candidate.key === key);
    if (flag === undefined) return { ...failed, errorCode: ErrorCode.FLAG_NOT_FOUND };
    if (flag.kind !== kind) return { ...failed, errorCode: ErrorCode.TYPE_MISMATCH };
    const { value, ...why } = evaluateFlag(flag, subjectOf(context));
    return { value: value as Value, ...why };
  };
  return {
    metadata: { name: 'organization flags' },
    runsOn: 'server',
    resolveBooleanEvaluation: (key, fallback, context) => resolve(key, fallback, { kind: 'boolean', context }),
    resolveStringEvaluation: (key, fallback, context) => resolve(key, fallback, { kind: 'string', context }),
    resolveNumberEvaluation: (key, fallback, context) => resolve(key, fallback, { kind: 'number', context }),
    resolveObjectEvaluation: async <Value extends JsonValue>(
      key: string,
      fallback: Value,
      context: EvaluationContext,
    ) =>
      (await resolve(key, fallback as Record<string, unknown>, { kind: 'json', context })) as ResolutionDetails<Value>,
  };
}

/** A subject as an evaluation context. */
export function contextOf(tenantId: string, { targetingKey, ids, role, keyType }: FlagSubject): EvaluationContext {
  return {
    targetingKey,
    [tenantAttribute]: tenantId,
    ids: [...ids],
    ...(role === undefined ? {} : { role }),
    ...(keyType === undefined ? {} : { keyType }),
  };
}

function subjectOf({ targetingKey = '', ids, role, keyType }: EvaluationContext): FlagSubject {
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
  const named = Array.isArray(ids) ? ids.filter((id) => typeof id === 'string') : [];
  return { targetingKey, ids: named, role: text(role), keyType: text(keyType) };
}
