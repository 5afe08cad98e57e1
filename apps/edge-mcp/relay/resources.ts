import { operations } from '@devmesh/api';
import type { Resource, ResourceContents, ResourceHandlers, ResourceTemplate, Session } from '@devmesh/mcp';
import { allowedOperations } from '../allowed-operations.ts';
import type { EdgePrincipal } from '../principal.ts';
import { inputOf, requiredBy } from './input.ts';
import { toldAs } from './told-uris.ts';
import { untrusted } from './untrusted.ts';
import { isUpstreamUri, toolPrefixOf } from './upstream-uris.ts';

type EdgeSession = Session<EdgePrincipal>;

const pageSize = 200;
/** The platform tells of changes for 10 minutes; long before that it is asked again. */
const renewMilliseconds = 240_000;

/** The resource methods with what MCP servers behind the platform have: after our own, page by page. */
export function withUpstreamResources(own: Required<ResourceHandlers<EdgePrincipal>>): typeof own {
  return {
    list: async (session, { cursor }, context) => {
      const first = cursor === undefined ? (await own.list(session, {}, context)).resources : [];
      const page = await pageOf(session, cursor, context.signal);
      return { resources: [...first, ...(page.items as readonly Resource[])], nextCursor: page.nextCursor };
    },
    templates: async (session, { cursor }, context) => {
      const first = cursor === undefined ? (await own.templates(session, {}, context)).resourceTemplates : [];
      const page = await templatesOf(session, cursor, context.signal);
      const others = page.items as readonly ResourceTemplate[];
      return { resourceTemplates: [...first, ...others], nextCursor: page.nextCursor };
    },
    read: async (session, { uri }, context) => {
      const { client, upstream, set } = session.principal;
      if (!isUpstreamUri(uri, set)) return own.read(session, { uri }, context);
      const headers = upstream.headersFor(toolPrefixOf(uri), set !== undefined);
      const input = inputOf(session, context);
      const answer = await client.upstreams.readResource(
        { body: { uri, set, input } },
        { signal: context.signal, headers },
      );
      const contents = answer.contents as unknown as readonly ResourceContents[];
      return requiredBy(answer) ?? { contents, _meta: untrusted({ resource: uri }) };
    },
    subscribe: async (session, { uri }, context) => {
      const { client, set } = session.principal;
      if (!isUpstreamUri(uri, set)) return own.subscribe(session, { uri }, context);
      const told = await client.upstreams.subscribe({ body: { uri, set } }, { signal: context.signal });
      toldAs(session, told.uri, uri);
      renewLater(session, uri);
      return undefined;
    },
    unsubscribe: (session, resource, context) => own.unsubscribe(session, resource, context),
  };
}

interface ListedPage {
  readonly items: readonly unknown[];
  readonly nextCursor?: string | undefined;
}

const nothing: ListedPage = { items: [] };

async function pageOf(
  { principal }: EdgeSession,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ListedPage> {
  if (!(await shows(principal, operations.upstreams.listResources.id, signal))) return nothing;
  return principal.client.upstreams.listResources(
    { query: { cursor, limit: pageSize, set: principal.set } },
    { signal },
  );
}

async function templatesOf(
  { principal }: EdgeSession,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ListedPage> {
  if (!(await shows(principal, operations.upstreams.listTemplates.id, signal))) return nothing;
  return principal.client.upstreams.listTemplates(
    { query: { cursor, limit: pageSize, set: principal.set } },
    { signal },
  );
}

/** Whether the platform lets a principal see what servers offer. */
export async function shows(principal: EdgePrincipal, operation: string, signal: AbortSignal): Promise<boolean> {
  return (await allowedOperations(principal, signal)).has(operation);
}

/** Asks again for as long as the session wants to hear; a failure ends it, as the list of subscriptions is the session's own. */
function renewLater(session: EdgeSession, uri: string): void {
  setTimeout(() => {
    if (!session.subscriptions.has(uri)) return;
    const { client, set } = session.principal;
    client.upstreams.subscribe({ body: { uri, set } }).then(
      () => renewLater(session, uri),
      () => renewLater(session, uri),
    );
  }, renewMilliseconds).unref();
}
