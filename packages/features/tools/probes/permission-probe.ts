import type { GuardedResponse } from '@devmesh/infrastructure';
import { isObject, listOf, objectOf, type Loose } from '../reading/json-value.ts';
import type { PermissionProbe, Permissions } from '../packs/pack.ts';
import { grantedBy, lackingOf, type Granted, type PermittedOperation } from './granted.ts';
import { allows, resourceAccess, rulesOf, type ResourceAccess } from './kubernetes-rules.ts';

/** What a look at a credential told. */
export type PermissionFinding =
  /** Why it cannot do operations, by key. */
  | { readonly status: 'known'; readonly lacking: ReadonlyMap<string, string> }
  | { readonly status: 'unknown' | 'failed'; readonly reason: string };

/** Asks the service; `review` is the text of a review of rules. */
export type AskPath = (path: string, review?: string) => Promise<GuardedResponse>;

/** Finds out which of the operations the stored credential cannot do. */
export async function probePermissions(
  permissions: Permissions,
  ask: AskPath,
  operations: readonly PermittedOperation[],
): Promise<PermissionFinding> {
  const { probe } = permissions;
  if (probe.kind === 'kubernetes') return probeKubernetes(ask, operations);
  const granted = probe.kind === 'calls' ? await byCalls(probe, ask) : await byAnswer(probe, permissions, ask);
  if (typeof granted !== 'function') return granted;
  return { status: 'known', lacking: lackingOf(permissions, granted, operations) };
}

type Refusal = Extract<PermissionFinding, { reason: string }>;

async function byAnswer(
  probe: Exclude<PermissionProbe, { kind: 'calls' | 'kubernetes' }>,
  { contains }: Permissions,
  ask: AskPath,
): Promise<Granted | Refusal> {
  const response = await ask(probe.path);
  const refused = refusalOf(response);
  if (refused !== undefined) return refused;
  const names = namesIn(probe, response);
  if (names !== undefined) return grantedBy(names, contains);
  return { status: 'unknown', reason: 'The service does not tell what this kind of credential may do.' };
}

function refusalOf({ status }: GuardedResponse): Refusal | undefined {
  if (status < 300) return undefined;
  const reason = `The look at the credential was answered with ${String(status)}.`;
  return { status: status >= 500 || status === 429 || status === 401 ? 'failed' : 'unknown', reason };
}

function namesIn(
  probe: Exclude<PermissionProbe, { kind: 'calls' | 'kubernetes' }>,
  response: GuardedResponse,
): readonly string[] | undefined {
  if (probe.kind === 'header') {
    const header = response.headers.get(probe.header);
    return header === null ? undefined : header.split(/[,\s]+/u).filter((name) => name !== '');
  }
  const found = at(response, probe.at);
  if (probe.kind === 'list') {
    return Array.isArray(found) ? listOf(found).filter((name) => typeof name === 'string') : undefined;
  }
  if (!isObject(found)) return undefined;
  return Object.entries(found).flatMap(([name, value]) => (isYes(value, probe.flag) ? [name] : []));
}

function isYes(value: unknown, flag: string | undefined): boolean {
  return flag === undefined ? value !== false : objectOf(value)[flag] === true;
}

function at(response: GuardedResponse, path: string): unknown {
  let found: unknown = jsonOf(response);
  for (const member of path.split('.').filter((part) => part !== '')) {
    found = isObject(found) && Object.hasOwn(found, member) ? found[member] : undefined;
  }
  return found;
}

function jsonOf(response: GuardedResponse): Loose | undefined {
  try {
    const parsed = JSON.parse(response.text()) as unknown;
    return isObject(parsed) ? parsed : undefined;
  } catch {
    // Said by the caller as an answer that does not tell.
    return undefined;
  }
}

async function byCalls(probe: Extract<PermissionProbe, { kind: 'calls' }>, ask: AskPath): Promise<Granted | Refusal> {
  const known = new Map<string, ReturnType<Granted>>();
  for (const [permission, path] of Object.entries(probe.paths)) {
    const { status } = await ask(path);
    if (status === 401) return { status: 'failed', reason: 'The stored credential is refused with 401.' };
    known.set(permission, status === 403 ? 'lacking' : status < 300 ? 'granted' : 'unknown');
  }
  return (permission) => known.get(permission) ?? 'unknown';
}

const reviewPath = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
/** Namespaces that are reviewed; where there are more, nothing is said of what lies in them. */
const mostNamespaces = 20;

async function probeKubernetes(ask: AskPath, operations: readonly PermittedOperation[]): Promise<PermissionFinding> {
  const namespaces = await namespacesOf(ask);
  const reviews: NonNullable<ReturnType<typeof rulesOf>>[] = [];
  for (const namespace of namespaces ?? ['default']) {
    const body = JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    });
    const response = await ask(reviewPath, body);
    const refused = refusalOf(response);
    if (refused !== undefined) return refused;
    const rules = rulesOf(jsonOf(response));
    if (rules === undefined) return { status: 'unknown', reason: 'The cluster does not tell all rules.' };
    reviews.push(rules);
  }
  const may = (access: ResourceAccess): boolean =>
    (access.namespaced && namespaces === undefined) || reviews.some((rules) => allows(rules, access));
  const lacking = operations.flatMap((operation): readonly (readonly [string, string])[] => {
    const access = resourceAccess(operation);
    if (access === undefined || may(access)) return [];
    return [[operation.key, `The stored credential lacks the permission to ${access.verb} ${access.resource}.`]];
  });
  return { status: 'known', lacking: new Map(lacking) };
}

/** All namespaces; undefined where they cannot be listed or are too many. */
async function namespacesOf(ask: AskPath): Promise<readonly string[] | undefined> {
  const response = await ask(`/api/v1/namespaces?limit=${String(mostNamespaces + 1)}`);
  if (response.status !== 200) return undefined;
  const names = listOf(jsonOf(response)?.['items']).flatMap((item) => {
    const name = objectOf(objectOf(item)['metadata'])['name'];
    return typeof name === 'string' ? [name] : [];
  });
  return names.length === 0 || names.length > mostNamespaces ? undefined : names;
}
