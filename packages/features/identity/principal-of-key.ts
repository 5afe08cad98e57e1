import { effectiveScopes } from './key-rules.ts';
import type { Principal, ToolList } from './principal.ts';
import type { PresentedKey } from './store-keys.ts';

/** Who a key acts as now. */
export function principalOfKey(key: PresentedKey): Principal {
  return {
    tenantId: key.tenantId,
    keyId: key.id,
    keyType: key.type,
    scopes: effectiveScopes(key),
    agentId: key.agentId ?? undefined,
    userId: key.userId ?? undefined,
    role: key.role ?? undefined,
    via: 'key',
    tools: toolsOf(key),
  };
}

function toolsOf({ toolsAllow, toolsDeny }: PresentedKey): ToolList | undefined {
  if (toolsAllow === null && toolsDeny.length === 0) return undefined;
  return { allow: toolsAllow ?? undefined, deny: toolsDeny };
}
