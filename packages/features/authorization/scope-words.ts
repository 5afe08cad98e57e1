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

/** Without it a client does not even learn whom it acts for. */
const base: Scope = 'organization:read';

/** The scopes of a request that can be granted, in the order of the table; none where nothing of it can. Undefined asks for all. */
export function grantable(requested: string | undefined, allowed: readonly Scope[]): readonly Scope[] {
  const possible = mcpScopes.filter((scope) => allowed.includes(scope));
  const asked = requested?.split(' ');
  if (asked === undefined) return possible;
  return possible.some((scope) => asked.includes(scope))
    ? possible.filter((scope) => scope === base || asked.includes(scope))
    : [];
}
