import type { KeyType, Scope } from '@devmesh/api';

/** Who a request acts as. */
export interface Principal {
  /** The organization. */
  readonly tenantId: string;
  readonly keyId: string;
  readonly keyType: KeyType;
  readonly scopes: readonly Scope[];
  /** The agent that an agent key acts as. */
  readonly agentId: string | undefined;
}

/** How the audit trail names a principal. */
export function actorOf(principal: Principal): string {
  return principal.agentId === undefined ? `key:${principal.keyId}` : `agent:${principal.agentId}`;
}
