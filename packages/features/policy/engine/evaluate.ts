import type { CedarValueJson, EntityJson, PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { argumentValues } from './argument-values.ts';
import type { CompiledPolicy, Mentions } from './compiled-policy.ts';
import type { Entity } from './entities.ts';
import type { Slots } from './slots.ts';

/** What policies are asked about. */
export interface Asked {
  readonly principal: Entity;
  readonly resource: Entity;
  readonly flags: readonly string[];
}

/** Which of some policies are satisfied. */
export interface Found {
  readonly refusal:
    | { readonly reason: 'policy_forbids' | 'policy_failed'; readonly policies: readonly string[] }
    | undefined;
  readonly permitted: readonly string[];
}

/** Asks the engine which of some policies, whose heads apply already, are satisfied. */
export type Ask = (policies: readonly CompiledPolicy[], asked: Asked, given: unknown) => Found;

/** Builds the asking; `key` distinguishes the policies from every other set. */
export function createAsk(slots: Slots, key: string): Ask {
  return (policies, asked, given) => {
    const bare = policies.filter(({ json }) => json.conditions.length === 0);
    const forbidding = bare.filter(({ json }) => json.effect === 'forbid').map(({ id }) => id);
    if (forbidding.length > 0) return { refusal: { reason: 'policy_forbids', policies: forbidding }, permitted: [] };
    const permitted = bare.map(({ id }) => id);
    const conditional = policies.filter(({ json }) => json.conditions.length > 0);
    if (conditional.length === 0) return { refusal: undefined, permitted };
    const found = evaluate(slots, `${key} ${conditional.map(({ id }) => id).join(' ')}`, { conditional, asked, given });
    return { ...found, permitted: [...permitted, ...found.permitted] };
  };
}

interface Evaluation {
  readonly conditional: readonly CompiledPolicy[];
  readonly asked: Asked;
  readonly given: unknown;
}

function evaluate({ cedar, ready }: Slots, key: string, { conditional, asked, given }: Evaluation): Found {
  const needed = merge(conditional.map(({ mentions }) => mentions));
  const { context, entities } = contextOf(needed, asked, given);
  const answer = cedar.statefulIsAuthorized({
    principal: asked.principal.name,
    action: { type: 'Action', id: 'call' },
    resource: asked.resource.name,
    preparsedPolicySetId: ready(key, () => Object.fromEntries(conditional.map(({ id, json }) => [id, headless(json)]))),
    context,
    entities,
  });
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message ?? 'The policies could not be evaluated.');
  const { decision, diagnostics } = answer.response;
  const effects = new Map(conditional.map(({ id, json }) => [id, json.effect]));
  // Cedar skips a policy that fails; a prohibition that could not be evaluated must not let anything pass.
  const failed = diagnostics.errors.map(({ policyId }) => policyId).filter((id) => effects.get(id) === 'forbid');
  const determining = diagnostics.reason.toSorted();
  if (decision === 'allow' && failed.length === 0) return { refusal: undefined, permitted: determining };
  if (decision === 'deny' && determining.length > 0) {
    return { refusal: { reason: 'policy_forbids', policies: determining }, permitted: [] };
  }
  if (failed.length > 0) return { refusal: { reason: 'policy_failed', policies: failed.toSorted() }, permitted: [] };
  return { refusal: undefined, permitted: [] };
}

/** The head was looked at already, so that the engine needs fewer entities. */
function headless(json: PolicyJson): PolicyJson {
  const all = { op: 'All' } as const;
  return { ...json, principal: all, action: all, resource: all };
}

function merge(all: readonly Mentions[]): Mentions {
  const some = (part: 'principal' | 'resource' | 'flags'): boolean => all.some((mentions) => mentions[part]);
  const names = all.flatMap((mentions) => (mentions.arguments === undefined ? [] : [mentions.arguments]));
  const merged = names.includes('all') ? 'all' : [...new Set(names.flat())];
  return {
    principal: some('principal'),
    resource: some('resource'),
    flags: some('flags'),
    ...(names.length === 0 ? {} : { arguments: merged }),
  };
}

const ofCall = 'of this call';

function contextOf(needed: Mentions, asked: Asked, given: unknown) {
  const entities: EntityJson[] = [];
  const context: Record<string, CedarValueJson> = needed.flags ? { flags: [...asked.flags] } : {};
  if (needed.principal) entities.push(entityJson(asked.principal));
  if (needed.resource) entities.push(entityJson(asked.resource));
  if (needed.arguments !== undefined) {
    const { texts, numbers, lists } = argumentValues(given, needed.arguments);
    const tagged = { Arguments: texts, Numbers: numbers, Lists: lists };
    for (const [type, tags] of Object.entries(tagged)) {
      context[type.toLowerCase()] = { __entity: { type, id: ofCall } };
      const named = Object.keys(tags).length > 0;
      if (named) entities.push({ uid: { type, id: ofCall }, attrs: {}, parents: [], tags: tags as Tags });
    }
  }
  return { context, entities };
}

type Tags = Record<string, CedarValueJson>;

function entityJson({ name, groups, attributes }: Entity): EntityJson {
  return { uid: name, attrs: attributes, parents: [...groups] };
}
