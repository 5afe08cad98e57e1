import { MeshError } from '@devmesh/foundation';

const wrapped = /^devmesh\+([a-z][a-z0-9-]{0,23}):([^]{1,2000})$/u;

/** The address under which a server's resource is read here. It stays a template where it is one. */
export function wrapUri(service: string, uri: string): string {
  // Schemes have no underscores, names of services no hyphens.
  return `devmesh+${service.replaceAll('_', '-')}:${uri}`;
}

/** Whether an address tells its service. */
export function isWrapped(uri: string): boolean {
  return wrapped.test(uri);
}

/** The service and the address at its server; throws `not_found` for an address that was not made here. */
export function unwrapUri(uri: string): { readonly service: string; readonly uri: string } {
  const [, service, inner] = wrapped.exec(uri) ?? [];
  if (service === undefined || inner === undefined) throw new MeshError('not_found', `There is no resource ${uri}.`);
  return { service: service.replaceAll('-', '_'), uri: inner };
}
