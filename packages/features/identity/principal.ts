import type { KeyType, Role, Scope } from '@devmesh/api';
import type { ActingPrincipal } from '../audit/index.ts';

/** The MCP tools that a key is confined to, as names or patterns with `*`; `deny` wins. */
export interface ToolList {
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
}

/** Who a request acts as. */
export interface Principal {
  /** The organization. */
  readonly tenantId: string;
  /** The key, or the sign-in, that the request presents: limits, sessions and notices count by it. */
  readonly keyId: string;
  readonly keyType: KeyType;
  readonly scopes: readonly Scope[];
  /** The agent that an agent key acts as. */
  readonly agentId: string | undefined;
  /** The person who signed in, or who made the key. */
  readonly userId?: string | undefined;
  readonly role?: Role | undefined;
  /** Default `key`. */
  readonly via?: 'key' | 'sign-in' | undefined;
  /** Absent: every tool. */
  readonly tools?: ToolList | undefined;
  /** Which endpoint an access token was issued for (RFC 8707); keys have none. */
  readonly audience?: string | undefined;
}

/** How the audit trail names a principal. */
export function actorOf(principal: Principal): ActingPrincipal {
  const { agentId, userId, keyId, via } = principal;
  return {
    name: nameOf({ agentId, userId, keyId, via }),
    agentId,
    userId,
    keyId: via === 'sign-in' ? undefined : keyId,
  };
}

/** The one text that stands for a principal in the audit trail. */
export function nameOf({
  agentId,
  userId,
  keyId,
  via,
}: Pick<Principal, 'agentId' | 'userId' | 'keyId' | 'via'>): string {
  if (agentId !== undefined) return `agent:${agentId}`;
  return via === 'sign-in' && userId !== undefined ? `user:${userId}` : `key:${keyId}`;
}
