import type { Scope } from './scopes.ts';

/** What an MCP client can be granted: enough for every tool and resource of the gateway, and nothing that administers. */
export const mcpScopes = [
  'organization:read',
  'tools:read',
  'tools:call',
  'agents:read',
  'tasks:read',
  'tasks:write',
  'knowledge:read',
  'events:read',
] as const satisfies readonly Scope[];

/** A gateway names in this header the resource (RFC 8707) that its caller reached: an access token must be issued for just that. */
export const resourceHeader = 'devmesh-resource';
