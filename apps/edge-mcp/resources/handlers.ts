import { operations, type Client, type Operation } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Resource, ResourceHandlers } from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { readHealth, type HealthSources } from './health.ts';
import { mayReadResults, readKeptResult, resultTemplates } from './kept-results.ts';
import { exposedResources, isExposed, presentResource, presentTemplate, readExposed } from './exposed.ts';
import { healthUri, parseUri, tenantResources, uriOf, type Named, type TenantResource } from './uris.ts';

const mimeType = 'application/json';
/** Entries that one read shows; the list tools page through the rest. */
const limit = 100;

interface Description {
  readonly title: string;
  readonly description: string;
  /** What it shows the answer of. */
  readonly operation: Operation;
  readonly read: (client: Client, signal: AbortSignal) => Promise<unknown>;
}

const descriptions: Readonly<Record<TenantResource, Description>> = {
  agents: {
    title: 'Agents',
    description: 'The agents of the organization, what they can do, and whether they are online.',
    operation: operations.agents.listAgents,
    read: (client, signal) => client.agents.listAgents({ query: { limit } }, { signal }),
  },
  notifications: {
    title: 'Notifications',
    description: 'The latest notices for everybody in the organization and for you.',
    operation: operations.notifications.list,
    read: (client, signal) => client.notifications.list({ query: { limit } }, { signal }),
  },
  tasks: {
    title: 'Tasks',
    description: 'The latest tasks of the organization and where they stand.',
    operation: operations.tasks.listTasks,
    read: (client, signal) => client.tasks.listTasks({ query: { limit } }, { signal }),
  },
  tools: {
    title: 'Tools',
    description: 'The services whose operations are tools here.',
    operation: operations.tools.listTools,
    read: (client, signal) => client.tools.listTools({ query: { limit } }, { signal }),
  },
};

const health: Resource = {
  uri: healthUri,
  name: 'system/health',
  title: 'System health',
  description: 'Which parts of the platform work, and whether this gateway reaches it.',
  mimeType,
};

/** Answers the resource methods. What the platform does not let a key read is neither listed nor found. */
export function createResourceHandlers(sources: HealthSources): Required<ResourceHandlers<EdgePrincipal>> {
  return {
    ...listed,
    read: async ({ principal }, { uri }, { signal }) => {
      if (isExposed(uri)) return readExposed(principal, uri, signal);
      const named = await find(principal, uri, signal);
      if (named.kind === 'result') return { contents: await readKeptResult(principal, { uri, named }, signal) };
      const value =
        named.kind === 'health'
          ? await readHealth(sources, principal, signal)
          : await descriptions[named.kind].read(principal.client, signal);
      return { contents: [{ uri, mimeType, text: JSON.stringify(value) }] };
    },
    subscribe: async ({ principal }, { uri }, { signal }) => {
      const named = await find(principal, uri, signal);
      // A kept result never changes.
      if (named.kind === 'result') throw new MeshError('invalid_request', `${uri} does not change.`);
    },
    unsubscribe: () => Promise.resolve(),
  };
}

const listed: Required<Pick<ResourceHandlers<EdgePrincipal>, 'list' | 'templates'>> = {
  list: async ({ principal }, _page, { signal }) => {
    const tenantId = principal.identity.organization.id;
    const own = (await visible(principal, signal)).map((kind) => ({
      uri: uriOf(kind, tenantId),
      name: `${kind}/${tenantId}`,
      title: descriptions[kind].title,
      description: descriptions[kind].description,
      mimeType,
    }));
    const exposed = await exposedResources(principal, signal);
    return { resources: [health, ...own, ...exposed.flatMap(presentResource)] };
  },
  templates: async ({ principal }, _page, { signal }) => {
    const own = (await visible(principal, signal)).map((kind) => ({
      uriTemplate: `devmesh://${kind}/{tenant_id}`,
      name: kind,
      title: descriptions[kind].title,
      description: descriptions[kind].description,
      mimeType,
    }));
    const results = (await mayReadResults(principal, signal)) ? resultTemplates : [];
    const exposed = (await exposedResources(principal, signal)).flatMap(presentTemplate);
    return { resourceTemplates: [...exposed, ...own, ...results] };
  },
};

async function visible(principal: EdgePrincipal, signal: AbortSignal): Promise<readonly TenantResource[]> {
  const allowed = await allowedOperations(principal, signal);
  return tenantResources.filter((kind) => allowed.has(descriptions[kind].operation.id));
}

async function find(principal: EdgePrincipal, uri: string, signal: AbortSignal): Promise<Named> {
  const named = parseUri(uri, principal.identity.organization.id);
  if (named.kind === 'health' || named.kind === 'result') return named;
  if (!(await visible(principal, signal)).includes(named.kind)) {
    throw new MeshError('not_found', `There is no resource ${uri}.`);
  }
  return named;
}
