import { MeshError } from '@devmesh/foundation';

/** The resources that carry the organization's id in their address. */
export const tenantResources = ['agents', 'notifications', 'tasks', 'tools'] as const;

export type TenantResource = (typeof tenantResources)[number];

/** What a `devmesh://` address names. */
export type Named = { readonly kind: 'health' } | { readonly kind: TenantResource; readonly tenantId: string };

export const healthUri = 'devmesh://system/health';

/** The address of a resource of an organization. */
export function uriOf(kind: TenantResource, tenantId: string): string {
  return `devmesh://${kind}/${tenantId}`;
}

/** Reads an address; throws `not_found` for one that names nothing here, or something of another organization. */
export function parseUri(uri: string, tenantId: string): Named {
  if (uri === healthUri) return { kind: 'health' };
  const kind = tenantResources.find((candidate) => uri === uriOf(candidate, tenantId));
  if (kind === undefined) throw new MeshError('not_found', `There is no resource ${uri}.`);
  return { kind, tenantId };
}
