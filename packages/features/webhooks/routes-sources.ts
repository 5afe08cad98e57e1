import { basePath, operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Webhooks } from './service.ts';
import type { CreatedSource } from './sources.ts';
import type { SourceRow } from './store-sources.ts';

/** The routes of sources, and the one that takes webhooks in. */
export function sourceRoutes({ webhooks }: { readonly webhooks: Webhooks }): readonly Route[] {
  return [
    route(operations.webhooks.createSource, async ({ principal, body, remember }) =>
      presentCreated(
        await webhooks.createSource(principal, body, (tx, created) => remember(tx, presentCreated(created))),
      ),
    ),
    route(operations.webhooks.listSources, async ({ principal, query }) => {
      const page = await webhooks.listSources(principal, query);
      return { ...page, items: page.items.map(presentSource) };
    }),
    route(operations.webhooks.receive, ({ params, request, rawBody }) =>
      webhooks.receive(params.sourceId, { headers: request.headers, rawBody }),
    ),
  ];
}

function presentCreated({ source, secret }: CreatedSource): ResponseOf<typeof operations.webhooks.createSource> {
  return { source: presentSource(source), secret: secret.open() };
}

function presentSource(row: SourceRow): ResponseOf<typeof operations.webhooks.createSource>['source'] {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind,
    path: `${basePath}/webhooks/${row.id}`,
    rules: row.rules,
    createdAt: row.createdAt.toISOString(),
  };
}
