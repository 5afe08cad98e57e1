import type { Principal } from '../../identity/index.ts';
import { effectOfOperation, type Resource } from '../question.ts';

/** The name of a thing in policies. */
export interface EntityName {
  readonly type: string;
  readonly id: string;
}

/** A thing that policies speak about, with everything that it is in. */
export interface Entity {
  readonly name: EntityName;
  readonly groups: readonly EntityName[];
  readonly attributes: Readonly<Record<string, string>>;
}

/** Who acts, as policies see it. */
export function principalEntity(
  principal: Pick<Principal, 'keyId' | 'keyType' | 'agentId' | 'userId' | 'role' | 'via'>,
): Entity {
  const { keyId, keyType, agentId, userId, role, via } = principal;
  const roles = role === undefined ? [] : [{ type: 'Role', id: role }];
  if (via === 'sign-in' && userId !== undefined) {
    return { name: { type: 'User', id: userId }, groups: roles, attributes: {} };
  }
  const name = agentId === undefined ? { type: 'Key', id: keyId } : { type: 'Agent', id: agentId };
  const owner = userId === undefined ? [] : [{ type: 'User', id: userId }];
  return { name, groups: [{ type: 'KeyType', id: keyType }, ...owner, ...roles], attributes: {} };
}

/** What is called, as policies see it. */
export function resourceEntity(resource: Resource): Entity {
  if (resource.kind === 'operation') {
    const { operation } = resource;
    const [feature = operation.id] = operation.id.split('.');
    return {
      name: { type: 'Operation', id: operation.id },
      groups: [
        { type: 'Feature', id: feature },
        { type: 'Effect', id: effectOfOperation(operation) },
      ],
      attributes: { name: operation.id, method: operation.method },
    };
  }
  const { name, service, tags, effect, method, host } = resource;
  return {
    name: { type: 'Tool', id: name },
    groups: [
      { type: 'Service', id: service },
      ...tags.map((id) => ({ type: 'Tag', id })),
      { type: 'Effect', id: effect },
    ],
    attributes: { name, method, host },
  };
}

/** One text for one name. */
export function keyOf({ type, id }: EntityName): string {
  return `${type}::${id}`;
}
