import type { Client } from '@devmesh/api';
import { allows, type Scope } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Resource, ResourceHandlers } from '@devmesh/mcp';
import type { EdgePrincipal } from '../principal.ts';
import { healthUri, parseUri, tenantResources, uriOf, type Named, type TenantResource } from './uris.ts';

const mimeType = 'application/json';
/** Entries that one read shows; the list tools page through the rest. */
const limit = 100;

interface Description {
  readonly title: string;
  readonly description: string;
  readonly scope: Scope;
  readonly read: (client: Client, signal: AbortSignal) => Promise<unknown>;
}

const descriptions: Readonly<Record<TenantResource, Description>> = {
  agents: {
    title: 'Agents',
    description: 'The agents of the organization, what they can do, and whether they are online.',
    scope: 'agents:read',
    read: (client, signal) => client.agents.listAgents({ query: { limit } }, { signal }),
  },
  notifications: {
    title: 'Notifications',
    description: 'The latest notices for everybody in the organization and for you.',
    scope: 'events:read',
    read: (client, signal) => client.notifications.list({ query: { limit } }, { signal }),
  },
  tasks: {
    title: 'Tasks',
    description: 'The latest tasks of the organization and where they stand.',
    scope: 'tasks:read',
    read: (client, signal) => client.tasks.listTasks({ query: { limit } }, { signal }),
  },
  tools: {
    title: 'Tools',
    description: 'The services whose operations are tools here.',
    scope: 'tools:read',
    read: (client, signal) => client.tools.listTools({ query: { limit } }, { signal }),
  },
};

const health: Resource = {
  uri: healthUri,
  name: 'system/health',
  title: 'System health',
  description: 'Which parts of the platform work.',
  mimeType,
};

/** Answers the resource methods. What a key may not read is neither listed nor found. */
export const resourceHandlers: ResourceHandlers<EdgePrincipal> = {
  list: ({ principal }) => {
    const tenantId = principal.identity.organization.id;
    const own = visible(principal).map((kind) => ({
      uri: uriOf(kind, tenantId),
      name: `${kind}/${tenantId}`,
      title: descriptions[kind].title,
      description: descriptions[kind].description,
      mimeType,
    }));
    return Promise.resolve({ resources: [health, ...own] });
  },
  templates: ({ principal }) =>
    Promise.resolve({
      resourceTemplates: visible(principal).map((kind) => ({
        uriTemplate: `devmesh://${kind}/{tenant_id}`,
        name: kind,
        title: descriptions[kind].title,
        description: descriptions[kind].description,
        mimeType,
      })),
    }),
  read: async ({ principal }, { uri }, { signal }) => {
    const value = await read(principal, find(principal, uri), signal);
    return { contents: [{ uri, mimeType, text: JSON.stringify(value) }] };
  },
  subscribe: ({ principal }, { uri }) => {
    find(principal, uri);
    return Promise.resolve();
  },
  unsubscribe: () => Promise.resolve(),
};

function visible(principal: EdgePrincipal): readonly TenantResource[] {
  return tenantResources.filter((kind) => mayRead(principal, kind));
}

function mayRead(principal: EdgePrincipal, kind: TenantResource): boolean {
  return allows(principal.identity.scopes, descriptions[kind].scope);
}

function find(principal: EdgePrincipal, uri: string): Named {
  const named = parseUri(uri, principal.identity.organization.id);
  if (named.kind !== 'health' && !mayRead(principal, named.kind)) {
    throw new MeshError('not_found', `There is no resource ${uri}.`);
  }
  return named;
}

function read({ client }: EdgePrincipal, named: Named, signal: AbortSignal): Promise<unknown> {
  return named.kind === 'health' ? client.system.health({}, { signal }) : descriptions[named.kind].read(client, signal);
}
