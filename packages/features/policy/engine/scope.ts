import type {
  ActionConstraint,
  EntityUidJson,
  PolicyJson,
  PrincipalConstraint,
  ResourceConstraint,
} from '@cedar-policy/cedar-wasm/web';
import type { Entity, EntityName } from './entities.ts';

const call: EntityName = { type: 'Action', id: 'call' };

/**
 * Whether the head of a policy, `permit(principal …, action …, resource …)`, is about this principal and this resource:
 * policies that are not need not be evaluated, which is most of them.
 */
export function isAbout(policy: PolicyJson, principal: Entity, resource: Entity): boolean {
  return (
    isAboutAction(policy.action) &&
    isAboutEntity(policy.principal, principal) &&
    isAboutEntity(policy.resource, resource)
  );
}

function isAboutAction(constraint: ActionConstraint): boolean {
  if (constraint.op === 'All') return true;
  const named = 'entities' in constraint ? constraint.entities : 'entity' in constraint ? [constraint.entity] : [];
  return named.some((uid) => isSame(nameOf(uid), call));
}

function isAboutEntity(constraint: PrincipalConstraint | ResourceConstraint, entity: Entity): boolean {
  if (constraint.op === 'All') return true;
  if (constraint.op === 'is') {
    if (constraint.entity_type !== entity.name.type) return false;
    return constraint.in === undefined || isIn(constraint.in, entity);
  }
  if (constraint.op === 'in') return isIn(constraint, entity);
  return 'entity' in constraint && isSame(nameOf(constraint.entity), entity.name);
}

function isIn(group: { readonly entity: EntityUidJson } | { readonly slot: string }, entity: Entity): boolean {
  if (!('entity' in group)) return false;
  const wanted = nameOf(group.entity);
  return isSame(wanted, entity.name) || entity.groups.some((each) => isSame(wanted, each));
}

/** The names of entities that the head and the conditions of a policy mention. */
export function entitiesNamed(policy: PolicyJson): readonly EntityName[] {
  const found: EntityName[] = [];
  collect(policy, found);
  return found;
}

function collect(value: unknown, found: EntityName[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (isName(value)) found.push({ type: value.type, id: value.id });
  else for (const part of Object.values(value)) collect(part, found);
}

function isName(value: object): value is EntityName {
  const { type, id } = value as Partial<EntityName>;
  return typeof type === 'string' && typeof id === 'string';
}

function nameOf(uid: EntityUidJson): EntityName {
  return 'type' in uid ? uid : uid['__entity'];
}

function isSame(one: EntityName, other: EntityName): boolean {
  return one.type === other.type && one.id === other.id;
}
