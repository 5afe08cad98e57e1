import { operations } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import { quantileOf } from './histogram.ts';
import type { ToolUsage } from './service.ts';

/** The routes of usage. */
export function usageRoutes({ usage }: { readonly usage: ToolUsage }): readonly Route[] {
  return [
    route(operations.tools.toolUsage, async ({ principal, query }) => {
      const { rows, from, to } = await usage.read(principal, query);
      const items = rows.map(({ buckets, milliseconds, costMicros, ...row }) => ({
        ...row,
        errorRate: row.errors / row.calls,
        meanMilliseconds: milliseconds / row.calls,
        p50Milliseconds: quantileOf(buckets, 0.5) ?? 0,
        p95Milliseconds: quantileOf(buckets, 0.95) ?? 0,
        ...(costMicros === null ? {} : { costMicros }),
      }));
      return { from: from.toISOString(), to: to.toISOString(), items };
    }),
    route(operations.tools.setToolPrice, async ({ principal, params, body }) => {
      await usage.setPrice(principal, params.toolId, body.microsPerCall);
      return undefined;
    }),
  ];
}
