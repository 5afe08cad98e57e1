import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { OperationRow } from '../store.ts';
import { resourceAddress } from './resource-uri.ts';
import type { ExposedResources } from './service.ts';

type ResourceView = ResponseOf<typeof operations.tools.listExposedResources>['items'][number];

/** The routes of operations that are read as resources. */
export function exposedResourceRoutes({ exposed }: { readonly exposed: ExposedResources }): readonly Route[] {
  return [
    route(operations.tools.listExposedResources, async ({ principal, query }) => {
      const page = await exposed.list(principal, query);
      return { ...page, items: page.items.map(present) };
    }),
    route(operations.tools.readExposedResource, ({ principal, body, signal }) =>
      exposed.read({ principal, uri: body.uri, signal }),
    ),
  ];
}

function present({ service, name, title, description, inputSchema }: OperationRow): ResourceView {
  return { ...resourceAddress(service, name, inputSchema), name, title, description };
}
