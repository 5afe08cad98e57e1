import { allows, mcpScopes, scopesOfRole, type Scope } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Arrival, Refusal } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { findPlatformTool } from '../tools/platform-tools.ts';
import { insufficientScope } from './challenge.ts';

/**
 * Refuses a call for which the client could get a better token, and says which (RFC 6750). Where the person may not do it
 * either, or a key is used, the call goes on and its tool result says what is wrong.
 */
export function stepUp({ principal, method, params }: Arrival<EdgePrincipal>, metadataUrl: string | undefined) {
  const needed = method === 'tools/call' ? scopeOfTool(params['name']) : undefined;
  if (needed === undefined || metadataUrl === undefined) return undefined;
  const { audience, scopes, user } = principal.identity;
  const mendable = user !== undefined && isGrantable(needed) && scopesOfRole[user.role].includes(needed);
  if (audience === undefined || allows(scopes, needed) || !mendable) return undefined;
  const description = `The access token lacks the scope ${needed}.`;
  const refusal: Refusal = {
    error: new MeshError('forbidden', description),
    challenge: insufficientScope({ metadataUrl, scopes: [needed], description }),
  };
  return refusal;
}

function scopeOfTool(name: unknown): Scope | undefined {
  if (typeof name !== 'string') return undefined;
  const scope = findPlatformTool(name)?.operation.scope ?? 'tools:call';
  return scope === 'public' || scope === 'self' ? undefined : scope;
}

function isGrantable(scope: Scope): boolean {
  return mcpScopes.some((each) => each === scope);
}
