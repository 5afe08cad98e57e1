import { mcpScopes, type Scope } from '@devmesh/api';

const words: Readonly<Record<(typeof mcpScopes)[number], string>> = {
  'organization:read': 'See which organization you belong to',
  'tools:read': 'See the tools of your organization',
  'tools:call': "Call your organization's tools in your name, those that change something included",
  'agents:read': 'See agents and what they do',
  'tasks:read': 'Read tasks',
  'tasks:write': 'Create, take and complete tasks',
  'knowledge:read': 'Search your code',
  'events:read': 'Follow what happens in your organization',
};

/** What scopes allow, as a person reads it before consenting. */
export function inWords(scopes: readonly Scope[]): readonly string[] {
  return mcpScopes.filter((scope) => scopes.includes(scope)).map((scope) => words[scope]);
}

/** The scopes of a request that can be granted at all, in the order of the table; undefined asks for all of them. */
export function grantable(requested: string | undefined, allowed: readonly Scope[]): readonly Scope[] {
  const asked = requested?.split(' ');
  return mcpScopes.filter((scope) => allowed.includes(scope) && (asked === undefined || asked.includes(scope)));
}
