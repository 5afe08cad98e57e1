/** What a key can be allowed to do. `organization:admin` is not a wildcard: admin keys list every scope. */
export const scopes = [
  'organization:read',
  'organization:write',
  'keys:write',
  'tools:read',
  'tools:write',
  'tools:call',
  'agents:read',
  'agents:write',
  'tasks:read',
  'tasks:write',
  'webhooks:read',
  'webhooks:write',
  'knowledge:read',
  'knowledge:write',
  'events:read',
  'notifications:write',
  'audit:read',
] as const;

export type Scope = (typeof scopes)[number];

/** The four types of API key. */
export const keyTypes = ['admin', 'gateway', 'agent', 'user'] as const;

export type KeyType = (typeof keyTypes)[number];

/** What each type of key may do at most; a key may be given fewer scopes, never more. */
export const scopesOfKeyType: Readonly<Record<KeyType, readonly Scope[]>> = {
  admin: scopes,
  gateway: [
    'organization:read',
    'tools:read',
    'tools:call',
    'agents:read',
    'tasks:read',
    'knowledge:read',
    'events:read',
    'notifications:write',
  ],
  agent: [
    'organization:read',
    'tools:read',
    'tools:call',
    'agents:read',
    'tasks:read',
    'tasks:write',
    'knowledge:read',
    'events:read',
  ],
  user: [
    'organization:read',
    'tools:read',
    'tools:call',
    'agents:read',
    'tasks:read',
    'tasks:write',
    'webhooks:read',
    'knowledge:read',
    'events:read',
    'notifications:write',
  ],
};

/** The one decision about scopes: the gateway filters its lists by it and the API guards its calls by it. */
export function allows(granted: readonly Scope[], needed: Scope | 'public'): boolean {
  return needed === 'public' || granted.includes(needed);
}
