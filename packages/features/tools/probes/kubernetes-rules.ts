import { isObject, listOf, objectOf } from '../reading/json-value.ts';
import type { PermittedOperation } from './granted.ts';

/** What one rule allows (`ResourceRule` of a review). */
interface Rule {
  readonly verbs: readonly string[];
  readonly groups: readonly string[];
  readonly resources: readonly string[];
}

/** The rules of a review; undefined where it is incomplete or no review. */
export function rulesOf(review: unknown): readonly Rule[] | undefined {
  const status = objectOf(objectOf(review)['status']);
  if (!Array.isArray(status['resourceRules']) || status['incomplete'] === true) return undefined;
  return listOf(status['resourceRules'])
    .filter(isObject)
    .map((rule) => ({
      verbs: texts(rule['verbs']),
      groups: texts(rule['apiGroups']),
      resources: texts(rule['resources']),
    }));
}

function texts(value: unknown): readonly string[] {
  return listOf(value).filter((entry) => typeof entry === 'string');
}

/** What an operation does to which resource; undefined for paths that are about no resource. */
export interface ResourceAccess {
  readonly verb: string;
  readonly group: string;
  /** With its subresource, e.g. `pods/log`. */
  readonly resource: string;
  readonly namespaced: boolean;
}

/** Reads a path of the API of Kubernetes. */
export function resourceAccess({ method, path }: PermittedOperation): ResourceAccess | undefined {
  const shape =
    /^\/(?:api|apis\/(?<group>[^/]+))\/v[^/]+\/(?<watch>watch\/)?(?<space>namespaces\/\{namespace\}\/)?(?<resource>[a-z][a-z0-9]*)(?<named>\/\{name\}(?:\/(?<sub>[a-z]+))?)?(?:\/\{path\})?$/u;
  const groups = shape.exec(path.split(/[?#]/u, 1)[0] ?? '')?.groups;
  if (groups?.['resource'] === undefined) return undefined;
  const verb = verbOf(method.toUpperCase(), groups['named'] !== undefined, groups['watch'] !== undefined);
  if (verb === undefined) return undefined;
  const { group = '', resource, sub, space } = groups;
  return {
    verb,
    group,
    resource: sub === undefined ? resource : `${resource}/${sub}`,
    namespaced: space !== undefined,
  };
}

function verbOf(method: string, named: boolean, watch: boolean): string | undefined {
  if (watch) return 'watch';
  const verbs: Readonly<Record<string, string>> = {
    GET: named ? 'get' : 'list',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: named ? 'delete' : 'deletecollection',
  };
  return verbs[method];
}

/** Whether rules allow an access; one that is allowed for single names only counts as allowed. */
export function allows(rules: readonly Rule[], { verb, group, resource }: ResourceAccess): boolean {
  const [, sub] = resource.split('/', 2);
  const names = new Set(['*', resource, ...(sub === undefined ? [] : [`*/${sub}`])]);
  return rules.some(
    (rule) =>
      rule.verbs.some((allowed) => allowed === '*' || allowed === verb) &&
      rule.groups.some((allowed) => allowed === '*' || allowed === group) &&
      rule.resources.some((allowed) => names.has(allowed)),
  );
}
