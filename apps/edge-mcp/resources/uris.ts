import { MeshError } from '@devmesh/foundation';

/** The resources that carry the organization's id in their address. */
export const tenantResources = ['agents', 'notifications', 'tasks', 'tools'] as const;

export type TenantResource = (typeof tenantResources)[number];

/** A page of a kept result. */
export interface KeptResult {
  readonly kind: 'result';
  readonly resultId: string;
  readonly cursor: string | undefined;
  readonly select: string | undefined;
}

/** What a `devmesh://` address names. */
export type Named =
  | { readonly kind: 'health' }
  | {
      readonly kind: 'result';
      readonly resultId: string;
      readonly cursor: string | undefined;
      readonly select: string | undefined;
    }
  | { readonly kind: TenantResource; readonly tenantId: string };

export const healthUri = 'devmesh://system/health';

/** The address of a resource of an organization. */
export function uriOf(kind: TenantResource, tenantId: string): string {
  return `devmesh://${kind}/${tenantId}`;
}

/** Reads an address; throws `not_found` for one that names nothing here, or something of another organization. */
export function parseUri(uri: string, tenantId: string): Named {
  if (uri === healthUri) return { kind: 'health' };
  const result = resultOf(uri);
  if (result !== undefined) return result;
  const kind = tenantResources.find((candidate) => uri === uriOf(candidate, tenantId));
  if (kind === undefined) throw new MeshError('not_found', `There is no resource ${uri}.`);
  return { kind, tenantId };
}

/** Kept results of tools: `devmesh://results/{id}`, with a cursor for a further page and the fields that are wanted. */
export const resultTemplate = 'devmesh://results/{id}{?cursor,select}';

/** The address of another page of a result. */
export function resultPageUri(uri: string, cursor: string): string {
  const url = new URL(uri);
  url.searchParams.set('cursor', cursor);
  return url.href;
}

function resultOf(uri: string): KeptResult | undefined {
  const [, resultId, query] = /^devmesh:\/\/results\/([0-9a-f-]{36})(?:\?([^#]*))?$/u.exec(uri) ?? [];
  if (resultId === undefined) return undefined;
  const given = new URLSearchParams(query);
  return {
    kind: 'result',
    resultId,
    cursor: given.get('cursor') ?? undefined,
    select: given.get('select') ?? undefined,
  };
}
