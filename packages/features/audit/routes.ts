import { operations } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Audit } from './service.ts';

/** The routes of audit. */
export function auditRoutes({ audit }: { readonly audit: Audit }): readonly Route[] {
  return [
    route(operations.system.listAudit, async ({ principal, query }) => {
      const page = await audit.list(principal.tenantId, query);
      return {
        ...page,
        items: page.items.map(({ at, traceId, ...row }) => ({
          ...row,
          at: at.toISOString(),
          ...(traceId === null ? {} : { traceId }),
        })),
      };
    }),
  ];
}
