import { resourceHeader } from '@devmesh/api';
import type { Principal } from '@devmesh/features';
import { MeshError } from '@devmesh/foundation';
import type { Incoming } from './incoming.ts';

/**
 * Refuses, with `unauthenticated`, an access token that was issued for another endpoint than the one its bearer came to: this
 * API, or the resource that a gateway names. The name is no proof of being a gateway, and need not be: it gives nothing to a
 * token that was not issued for just that resource. Keys are for every endpoint.
 */
export function requireAudience(principal: Principal, header: Incoming['header'], ownResource: string): Principal {
  const { audience } = principal;
  const reached = header(resourceHeader) ?? ownResource;
  if (audience === undefined || audience === reached) return principal;
  throw new MeshError('unauthenticated', 'The access token was issued for another resource.');
}
