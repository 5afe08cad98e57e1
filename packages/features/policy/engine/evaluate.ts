import type { CedarValueJson, EntityJson, PolicyJson } from '@cedar-policy/cedar-wasm/web';
import { LRUCache } from 'lru-cache';
import { fitRecords, withRecords } from './argument-records.ts';
import type { ArgumentValues } from './argument-values.ts';
import type { CompiledPolicy, MentionedArguments, Mentions } from './compiled-policy.ts';
import type { Entity } from './entities.ts';
import type { Slots } from './slots.ts';

/** What policies are asked about. */
export interface Asked {
  readonly principal: Entity;
  readonly resource: Entity;
  readonly flags: readonly string[];
}

/** Which of some policies are satisfied. */
interface Found {
  readonly refusal:
    | { readonly reason: 'policy_forbids' | 'policy_failed'; readonly policies: readonly string[] }
    | undefined;
  readonly permitted: readonly string[];
}

/** Asks the engine which of some policies, whose heads apply already, are satisfied. */
export type Ask = (policies: readonly CompiledPolicy[], asked: Asked, given: ArgumentValues | undefined) => Found;

/** Builds the asking; `key` distinguishes the policies from every other set. */
export function createAsk(slots: Slots, key: string): Ask {
  const prepared = new LRUCache<string, Prepared>({ max: 1_000 });
  return (policies, asked, given) => {
    const bare = policies.filter(({ json }) => json.conditions.length === 0);
    const forbidding = bare.filter(({ json }) => json.effect === 'forbid').map(({ id }) => id);
    if (forbidding.length > 0) return { refusal: { reason: 'policy_forbids', policies: forbidding }, permitted: [] };
    const permitted = bare.map(({ id }) => id);
    const conditional = policies.filter(({ json }) => json.conditions.length > 0);
    if (conditional.length === 0) return { refusal: undefined, permitted };
    const name = `${key} ${conditional.map(({ id }) => id).join(' ')}`;
    const ready = prepared.get(name) ?? prepare(name, conditional);
    prepared.set(name, ready);
    const found = evaluate(slots, ready, asked, given);
    return { ...found, permitted: [...permitted, ...found.permitted] };
  };
}

/** Policies that are asked together, and what has to be handed in for them. */
interface Prepared {
  readonly key: string;
  readonly needed: Mentions;
  readonly forbids: ReadonlySet<string>;
  readonly json: () => Readonly<Record<string, PolicyJson>>;
}

function prepare(key: string, conditional: readonly CompiledPolicy[]): Prepared {
  const needed = merge(conditional.map(({ mentions }) => mentions));
  const records = needed.arguments !== undefined && fitRecords(needed.arguments);
  const lean = (json: PolicyJson): PolicyJson => headless(records ? withRecords(json) : json);
  const forbids = new Set(conditional.filter(({ json }) => json.effect === 'forbid').map(({ id }) => id));
  return { key, needed, forbids, json: () => Object.fromEntries(conditional.map(({ id, json }) => [id, lean(json)])) };
}

function evaluate({ cedar, ready }: Slots, prepared: Prepared, asked: Asked, given: ArgumentValues | undefined): Found {
  const { key, needed, forbids, json } = prepared;
  const { context, entities } = contextOf(needed, asked, given);
  const answer = cedar.statefulIsAuthorized({
    principal: asked.principal.name,
    action: { type: 'Action', id: 'call' },
    resource: asked.resource.name,
    preparsedPolicySetId: ready(key, json),
    context,
    entities,
  });
  if (answer.type === 'failure') throw new Error(answer.errors[0]?.message ?? 'The policies could not be evaluated.');
  const { decision, diagnostics } = answer.response;
  // Cedar skips a policy that fails; a prohibition that could not be evaluated must not let anything pass.
  const failed = diagnostics.errors.map(({ policyId }) => policyId).filter((id) => forbids.has(id));
  const determining = diagnostics.reason.toSorted();
  if (decision === 'deny' && determining.length > 0) {
    return { refusal: { reason: 'policy_forbids', policies: determining }, permitted: [] };
  }
  if (failed.length > 0) return { refusal: { reason: 'policy_failed', policies: failed.toSorted() }, permitted: [] };
  return { refusal: undefined, permitted: decision === 'allow' ? determining : [] };
}

/** The head was looked at already, so that the engine needs fewer entities. */
function headless(json: PolicyJson): PolicyJson {
  const all = { op: 'All' } as const;
  return { ...json, principal: all, action: all, resource: all };
}

function merge(all: readonly Mentions[]): Mentions {
  const some = (part: 'principal' | 'resource' | 'flags'): boolean => all.some((mentions) => mentions[part]);
  const looked = mentionedArguments(all);
  return {
    principal: some('principal'),
    resource: some('resource'),
    flags: some('flags'),
    ...(looked === undefined ? {} : { arguments: looked }),
  };
}

/** What several policies look at together. */
export function mentionedArguments(all: readonly Mentions[]): MentionedArguments | undefined {
  const looked = all.flatMap((mentions) => (mentions.arguments === undefined ? [] : [mentions.arguments]));
  if (looked.length === 0) return undefined;
  const kinds = [...new Set(looked.flatMap((each) => each.kinds))];
  const paths = looked.some((each) => each.paths === 'all') ? 'all' : new Set(looked.flatMap((each) => each.paths));
  return { paths: paths === 'all' ? paths : [...paths], kinds };
}

const ofCall = 'of this call';
const entityTypes = { arguments: 'Arguments', numbers: 'Numbers', lists: 'Lists' } as const;

function contextOf(needed: Mentions, asked: Asked, given: ArgumentValues | undefined) {
  const entities: EntityJson[] = [];
  const context: Record<string, CedarValueJson> = needed.flags ? { flags: [...asked.flags] } : {};
  if (needed.principal) entities.push(entityJson(asked.principal));
  if (needed.resource) entities.push(entityJson(asked.resource));
  const asRecords = needed.arguments !== undefined && fitRecords(needed.arguments);
  for (const kind of needed.arguments?.kinds ?? []) {
    const values = (given?.[kind] ?? {}) as Record<string, CedarValueJson>;
    if (asRecords) {
      context[kind] = values;
      continue;
    }
    const uid = { type: entityTypes[kind], id: ofCall };
    context[kind] = { __entity: uid };
    entities.push({ uid, attrs: {}, parents: [], tags: values });
  }
  return { context, entities };
}

function entityJson({ name, groups, attributes }: Entity): EntityJson {
  return { uid: name, attrs: attributes, parents: [...groups] };
}
