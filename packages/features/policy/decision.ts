import { allows, scopesOfKeyType, scopesOfRole, type Operation, type ReasonCode, type Scope } from '@devmesh/api';
import type { Principal } from '../identity/index.ts';
import type { PolicyVerdict } from './engine/policy-set.ts';
import { matchesName } from '../name-pattern.ts';
import type { Question } from './question.ts';

/** What was decided, and by what. */
interface Decision {
  readonly allowed: boolean;
  readonly reason: ReasonCode;
  /** A scope, a pattern of the key, a flag, or the @id of a policy. */
  readonly rule: string;
  /** What decided, and what can be done about it. */
  readonly sentence: string;
}

/** The layers of the decision, in the order in which they are asked. */
type DecisionLayer = 'scope' | 'key_tools' | 'flags' | 'policy';

/** What one layer says. */
export interface LayerVerdict extends Decision {
  readonly layer: DecisionLayer;
}

/** What the decision goes by, besides the question. */
export interface DecisionFacts {
  /** The feature flags that are on for the principal. */
  readonly flagsOn: readonly string[];
  /** The flag that gates this resource and is off for the principal. */
  readonly closedBy: (question: Question) => string | undefined;
  /** What the policies of the organization say; undefined where it has none. */
  readonly judge: ((principal: Principal, question: Question) => PolicyVerdict) | undefined;
}

type Layer = (facts: DecisionFacts, principal: Principal, question: Question) => LayerVerdict;

const layers: readonly Layer[] = [scopeLayer, keyToolsLayer, flagLayer, policyLayer];

/** The one decision: every list is filtered by it and every call is guarded by it. The first layer that denies decides. */
export function decide(facts: DecisionFacts, principal: Principal, question: Question): LayerVerdict {
  let verdict: LayerVerdict | undefined;
  for (const layer of layers) {
    verdict = layer(facts, principal, question);
    if (!verdict.allowed) break;
  }
  if (verdict === undefined) throw new Error('A decision has no layers.');
  return verdict;
}

/** What every layer says, also those that are not asked any more. */
export function decideByLayer(facts: DecisionFacts, principal: Principal, question: Question): readonly LayerVerdict[] {
  return layers.map((layer) => layer(facts, principal, question));
}

/** The scope that a question needs. */
function scopeOf({ resource }: Question): Scope | 'public' | 'self' {
  return resource.kind === 'tool' ? 'tools:call' : resource.operation.scope;
}

/** Operations that only carry a question on: calling a tool is decided as the tool that is called. */
const carriers: ReadonlySet<string> = new Set(['tools.call']);

/**
 * Whether the policies of an organization have no say: those who may write policies could lock themselves out, what is about
 * the caller alone concerns nobody else, and what carries another question is decided as that one.
 */
export function isBeyondPolicies({ resource }: Question): boolean {
  if (resource.kind === 'tool') return false;
  const { id, scope } = resource.operation;
  return scope === 'public' || scope === 'self' || id.startsWith('policy.') || carriers.has(id);
}

function scopeLayer(_facts: DecisionFacts, principal: Principal, question: Question): LayerVerdict {
  const needed = scopeOf(question);
  if (allows(principal.scopes, needed)) {
    const sentence = `The scope ${needed} allows it.`;
    return { layer: 'scope', allowed: true, reason: 'allowed', rule: needed, sentence };
  }
  return { layer: 'scope', allowed: false, rule: needed, ...missingScope(principal, needed) };
}

function missingScope({ keyType, role, via }: Principal, needed: Scope | 'public' | 'self') {
  const lacks = (granted: readonly Scope[]): boolean => !allows(granted, needed);
  if (via === 'sign-in' && role !== undefined) {
    const sentence = `The role ${role} lacks the scope ${needed}; an owner or admin can give another role.`;
    return { reason: 'role_missing', sentence } as const;
  }
  if (lacks(scopesOfKeyType[keyType])) {
    const sentence = `A key of the type ${keyType} never has the scope ${needed}; use a key of another type.`;
    return { reason: 'key_type', sentence } as const;
  }
  if (role !== undefined && lacks(scopesOfRole[role])) {
    const sentence = `This ${keyType} key lacks the scope ${needed}, which its owner's role ${role} does not have.`;
    return { reason: 'role_missing', sentence } as const;
  }
  const sentence = `This ${keyType} key lacks the scope ${needed}; use a key that has it, or ask an admin for one.`;
  return { reason: 'scope_missing', sentence } as const;
}

function keyToolsLayer(_facts: DecisionFacts, { tools }: Principal, { resource }: Question): LayerVerdict {
  const name = resource.kind === 'tool' ? resource.name : toolOf(resource.operation);
  const layer = 'key_tools';
  if (tools === undefined || name === undefined) {
    const sentence = 'The key is not confined to some tools here.';
    return { layer, allowed: true, reason: 'allowed', rule: '*', sentence };
  }
  const denying = tools.deny.find((pattern) => matchesName(pattern, name));
  if (denying !== undefined) {
    const sentence = `The key denies the tool ${name} by "${denying}"; use another key, or change its list.`;
    return { layer, allowed: false, reason: 'key_tools', rule: `deny ${denying}`, sentence };
  }
  const allowing = tools.allow?.find((pattern) => matchesName(pattern, name));
  if (tools.allow !== undefined && allowing === undefined) {
    const sentence = `The key is confined to other tools than ${name}; use another key, or change its list.`;
    return { layer, allowed: false, reason: 'key_tools', rule: `allow ${tools.allow.join(' ')}`.trim(), sentence };
  }
  const rule = allowing === undefined ? '*' : `allow ${allowing}`;
  return { layer, allowed: true, reason: 'allowed', rule, sentence: 'The key allows the tool.' };
}

/** The platform's own tool that an operation is; none where it only carries the question on. */
function toolOf({ id, mcp }: Operation): string | undefined {
  return carriers.has(id) ? undefined : mcp?.tool;
}

function flagLayer(facts: DecisionFacts, _principal: Principal, question: Question): LayerVerdict {
  const closing = isBeyondPolicies(question) ? undefined : facts.closedBy(question);
  if (closing === undefined) {
    const sentence = 'No feature flag that is off stands before it.';
    return { layer: 'flags', allowed: true, reason: 'allowed', rule: 'no flag', sentence };
  }
  const sentence = `The feature flag ${closing} stands before it and is off here; an admin can turn it on.`;
  return { layer: 'flags', allowed: false, reason: 'flag_off', rule: closing, sentence };
}

function policyLayer({ judge }: DecisionFacts, principal: Principal, question: Question): LayerVerdict {
  const layer = 'policy';
  if (isBeyondPolicies(question)) {
    const sentence =
      'Policies have no say here: it is about policies or the caller alone, or is decided as the tool that is called.';
    return { layer, allowed: true, reason: 'allowed', rule: 'beyond policies', sentence };
  }
  if (judge === undefined) {
    return {
      layer,
      allowed: true,
      reason: 'allowed',
      rule: 'no policies',
      sentence: 'The organization has no policies.',
    };
  }
  const { reason, policies, dependOnArguments } = judge(principal, question);
  const rule = policies[0] ?? (dependOnArguments[0] || 'no permit');
  const shown = policies.length > 1 ? `policies ${policies.join(', ')}` : `policy ${rule}`;
  if (reason === 'allowed') {
    const open = dependOnArguments.join(', ');
    return open === ''
      ? { layer, allowed: true, reason, rule, sentence: `Permitted by the ${shown}.` }
      : {
          layer,
          allowed: true,
          reason: 'may_depend_on_arguments',
          rule,
          sentence: `The arguments of a call decide: ${open}.`,
        };
  }
  return { layer, allowed: false, reason, rule, sentence: denials[reason](shown) };
}

const denials = {
  policy_forbids: (shown: string) => `Forbidden by the ${shown} of the organization; ask those who write its policies.`,
  policy_permits_nothing: () => 'No policy of the organization permits it; ask those who write its policies.',
  policy_failed: (shown: string) =>
    `The ${shown} of the organization could not be evaluated with these arguments, so it forbids; ask those who write it.`,
};
