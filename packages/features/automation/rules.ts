import type { RuleActionSettings } from '@devmesh/api';
import { MeshError, toMeshError } from '@devmesh/foundation';
import type { Occurrence, Prepared, RuleAction } from './actions/action.ts';
import { holds, type Condition } from './condition.ts';

/** A routing rule, as far as events are concerned. */
export interface Rule {
  readonly id: string;
  readonly name: string;
  /** null: every source. */
  readonly sourceId: string | null;
  readonly events: readonly string[];
  readonly condition: Condition;
  readonly action: RuleActionSettings;
  readonly enabled: boolean;
}

/** The actions that rules can name. */
export type Actions = ReadonlyMap<string, RuleAction>;

/** What one rule wants of an event. */
export interface Wish extends Prepared {
  readonly rule: Pick<Rule, 'id' | 'name'>;
  readonly action: RuleAction;
}

/** How a rule stands to an event. */
export type Verdict =
  | { readonly outcome: 'matches'; readonly rule: Rule; readonly wish: Wish }
  | { readonly outcome: 'fails'; readonly rule: Rule; readonly failure: string }
  | {
      readonly outcome: 'other_source' | 'other_event' | 'condition_false' | 'disabled' | 'not_reached';
      readonly rule: Rule;
    };

/** How each rule stands to an event, in their order. */
export function judge(rules: readonly Rule[], occurrence: Occurrence, actions: Actions): readonly Verdict[] {
  let ended = false;
  return rules.map((rule) => {
    if (ended) return { outcome: 'not_reached', rule };
    const verdict = verdictOf(rule, occurrence, actions);
    ended = verdict.outcome === 'matches' && rule.action.type === 'store';
    return verdict;
  });
}

/** What the rules want of an event. Throws where one cannot be told or carried out: then the event fails as a whole. */
export function wishesOf(rules: readonly Rule[], occurrence: Occurrence, actions: Actions): readonly Wish[] {
  const wishes: Wish[] = [];
  for (const verdict of judge(rules, occurrence, actions)) {
    if (verdict.outcome === 'fails') throw new MeshError('invalid_request', verdict.failure);
    if (verdict.outcome === 'matches') wishes.push(verdict.wish);
  }
  return wishes;
}

function verdictOf(rule: Rule, occurrence: Occurrence, actions: Actions): Verdict {
  if (!rule.enabled) return { outcome: 'disabled', rule };
  if (rule.sourceId !== null && rule.sourceId !== occurrence.sourceId) return { outcome: 'other_source', rule };
  if (!rule.events.some((pattern) => matchesName(pattern, occurrence.event))) return { outcome: 'other_event', rule };
  try {
    if (!holds(rule.condition, occurrence)) return { outcome: 'condition_false', rule };
  } catch (error) {
    return { outcome: 'fails', rule, failure: `The condition of rule "${rule.name}": ${toMeshError(error).message}.` };
  }
  const action = actions.get(rule.action.type);
  if (action === undefined) {
    return { outcome: 'fails', rule, failure: `Rule "${rule.name}": there is no action "${rule.action.type}" here.` };
  }
  try {
    return { outcome: 'matches', rule, wish: { ...action.prepare(rule.action, occurrence), rule, action } };
  } catch (error) {
    return { outcome: 'fails', rule, failure: `Rule "${rule.name}": ${toMeshError(error).message}` };
  }
}

/** Whether a name is the pattern's: the same, or with its beginning where the pattern ends with `*`. */
function matchesName(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
