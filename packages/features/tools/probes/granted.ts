import type { Permissions, Requirement } from '../packs/pack.ts';
import { matchesPath } from '../definitions/path-pattern.ts';

/** An operation that may want a permission. */
export interface PermittedOperation {
  readonly key: string;
  readonly method: string;
  readonly path: string;
}

/** What is known of a credential: the permissions that it has, or whether it has one that was asked for. */
export type Granted = (permission: string) => 'granted' | 'lacking' | 'unknown';

/** The permissions of a credential that names them all. */
export function grantedBy(names: readonly string[], contains: Permissions['contains'] = {}): Granted {
  const has = new Set<string>();
  const add = (name: string): void => {
    if (has.has(name)) return;
    has.add(name);
    for (const contained of contains[name] ?? []) add(contained);
  };
  for (const name of names) add(name);
  return (permission) => (has.has(permission) ? 'granted' : 'lacking');
}

/** Why the credential cannot do operations, by key; what is not known is not said. */
export function lackingOf(
  { noun, requirements }: Permissions,
  granted: Granted,
  operations: readonly PermittedOperation[],
): ReadonlyMap<string, string> {
  const lacking = new Map<string, string>();
  for (const operation of operations) {
    const wanted = requirements.find((requirement) => applies(requirement, operation));
    if (wanted === undefined || wanted.anyOf.some((permission) => granted(permission) !== 'lacking')) continue;
    lacking.set(operation.key, reasonOf(noun, wanted.anyOf));
  }
  return lacking;
}

function applies({ methods, path: pattern }: Requirement, { method, path }: PermittedOperation): boolean {
  if (methods !== undefined && !methods.includes(method.toUpperCase())) return false;
  return matchesPath(pattern, path.split(/[?#]/u, 1)[0] ?? '');
}

function reasonOf(noun: string, anyOf: readonly string[]): string {
  return `The stored credential lacks the ${noun} ${anyOf.slice(0, 4).join(' or ')}.`;
}
