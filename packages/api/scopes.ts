/** What a key can be allowed to do. `organization:admin` is not a wildcard: admin keys list every scope. */
export const scopes = [
  'organization:read',
  'organization:write',
  'organization:delete',
  'users:read',
  'users:write',
  'keys:write',
  'policy:read',
  'policy:write',
  'vault:write',
  'connections:write',
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
    'connections:write',
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

/** What people are in an organization. `operator` is the operator of agents. */
export const roles = ['owner', 'admin', 'developer', 'auditor', 'operator'] as const;

export type Role = (typeof roles)[number];

const readers: readonly Scope[] = [
  'organization:read',
  'users:read',
  'policy:read',
  'tools:read',
  'agents:read',
  'tasks:read',
  'webhooks:read',
  'knowledge:read',
  'events:read',
];

/** What a signed-in person may do; a key that a person made never does more than the person. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  owner: scopes,
  admin: scopes.filter((scope) => scope !== 'organization:delete'),
  developer: [
    ...readers,
    'connections:write',
    'tools:write',
    'tools:call',
    'agents:write',
    'tasks:write',
    'webhooks:write',
    'knowledge:write',
    'notifications:write',
  ],
  auditor: [...readers, 'audit:read'],
  operator: [...readers, 'connections:write', 'tools:call', 'agents:write', 'tasks:write', 'notifications:write'],
};

/** The one decision about scopes: the gateway filters its lists by it and the API guards its calls by it. */
export function allows(granted: readonly Scope[], needed: Scope | 'public' | 'self'): boolean {
  return needed === 'public' || needed === 'self' || granted.includes(needed);
}
