import { LRUCache } from 'lru-cache';
import { argumentValues, type ArgumentValues } from './argument-values.ts';
import type { CompiledPolicy, MentionedArguments } from './compiled-policy.ts';
import { keyOf, principalEntity, resourceEntity, type Entity } from './entities.ts';
import { createAsk, mentionedArguments, type Ask, type Asked } from './evaluate.ts';
import { entitiesNamed, isAbout } from './scope.ts';
import type { Slots } from './slots.ts';
import type { Principal } from '../../identity/index.ts';
import type { Question } from '../question.ts';

/** What the policies of an organization say. */
export interface PolicyVerdict {
  readonly reason: 'allowed' | 'policy_forbids' | 'policy_permits_nothing' | 'policy_failed';
  /** The @id of the policies that decided; none where none permits. */
  readonly policies: readonly string[];
  /** Policies that could still decide otherwise, once there are arguments. */
  readonly dependOnArguments: readonly string[];
}

/** The policies of an organization, ready to be asked. */
export interface PolicySet {
  /** The same question has the same answer, whether it was asked before or not. */
  judge(principal: Principal, flags: readonly string[], question: Question): PolicyVerdict;
}

/** What is known of a principal and a resource before there are arguments. */
interface Plan {
  readonly withoutArguments: PolicyVerdict;
  /** The policies that only arguments can decide, unless all is decided already. */
  readonly open: readonly CompiledPolicy[];
  /** The arguments that these look at. */
  readonly looked: MentionedArguments | undefined;
  readonly permitted: readonly string[];
}

interface PolicySetOptions {
  readonly slots: Slots;
  /** Distinguishes this set from every other one of the process. */
  readonly key: string;
  readonly policies: readonly CompiledPolicy[];
}

const mostPlans = 10_000;
/** Characters of argument values up to which a verdict on them is remembered. */
const longestRemembered = 500;

/** Makes policies ready; what does not depend on arguments is decided once for all who are alike. */
export function createPolicySet({ slots, key, policies }: PolicySetOptions): PolicySet {
  const plans = new LRUCache<string, Plan>({ max: mostPlans });
  const decided = new LRUCache<string, PolicyVerdict>({ max: mostPlans });
  const named = new Set(policies.flatMap(({ json }) => entitiesNamed(json)).map(keyOf));
  const looksAt = (part: 'principal' | 'resource' | 'flags') => policies.some(({ mentions }) => mentions[part]);
  const [resourceMatters, flagsMatter] = [looksAt('resource'), looksAt('flags')];
  const ask = createAsk(slots, key);
  const alike = ({ principal, resource, flags }: Asked): string =>
    JSON.stringify([
      likeness(principal, named),
      likeness(resource, named),
      resourceMatters ? resource.attributes : 0,
      flagsMatter ? flags : 0,
    ]);
  return {
    judge: (principal, flags, question) => {
      const asked = { principal: principalEntity(principal), resource: resourceEntity(question.resource), flags };
      const like = alike(asked);
      const plan = kept(plans, like, () => planFor(policies, asked, ask));
      if (question.arguments === undefined || plan.looked === undefined) return plan.withoutArguments;
      const given = argumentValues(question.arguments, plan.looked.paths);
      const decideNow = (): PolicyVerdict => decideOpen(plan, asked, given, ask);
      const values = JSON.stringify(plan.looked.kinds.map((kind) => given[kind]));
      return values.length > longestRemembered ? decideNow() : kept(decided, `${like} ${values}`, decideNow);
    },
  };
}

/** What is remembered under a key, or else made now and remembered. */
function kept<Value extends object>(memory: LRUCache<string, Value>, key: string, make: () => Value): Value {
  const known = memory.get(key);
  if (known !== undefined) return known;
  const made = make();
  memory.set(key, made);
  return made;
}

/** What policies can tell an entity by: its type, and those of its names that they mention. */
function likeness({ name, groups }: Entity, named: ReadonlySet<string>): readonly string[] {
  return [name.type, ...[name, ...groups].map(keyOf).filter((each) => named.has(each))];
}

function planFor(policies: readonly CompiledPolicy[], asked: Asked, ask: Ask): Plan {
  const about = policies.filter(({ json }) => isAbout(json, asked.principal, asked.resource));
  const fixed = about.filter(({ mentions }) => mentions.arguments === undefined);
  const open = about.filter(({ mentions }) => mentions.arguments !== undefined);
  const found = ask(fixed, asked, undefined);
  const dependOnArguments = open.map(({ id }) => id);
  if (found.refusal !== undefined) {
    return {
      withoutArguments: { ...found.refusal, dependOnArguments: [] },
      open: [],
      looked: undefined,
      permitted: [],
    };
  }
  const { permitted } = found;
  const mayPermit = open.some(({ json }) => json.effect === 'permit');
  if (permitted.length === 0 && !mayPermit) {
    const withoutArguments = { reason: 'policy_permits_nothing', policies: [], dependOnArguments: [] } as const;
    return { withoutArguments, open: [], looked: undefined, permitted };
  }
  const looked = mentionedArguments(open.map(({ mentions }) => mentions));
  return { withoutArguments: { reason: 'allowed', policies: permitted, dependOnArguments }, open, looked, permitted };
}

function decideOpen({ open, permitted }: Plan, asked: Asked, given: ArgumentValues, ask: Ask): PolicyVerdict {
  const found = ask(open, asked, given);
  if (found.refusal !== undefined) return { ...found.refusal, dependOnArguments: [] };
  const all = [...permitted, ...found.permitted];
  return { reason: all.length > 0 ? 'allowed' : 'policy_permits_nothing', policies: all, dependOnArguments: [] };
}
