import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolDrift } from './service.ts';
import type { DriftRow } from './store-drift.ts';
import type { RefreshState } from './store-refreshes.ts';

type DriftView = ResponseOf<typeof operations.tools.drift>;

/** The routes of drift. */
export function driftRoutes({ drift }: { readonly drift: ToolDrift }): readonly Route[] {
  return [
    route(operations.tools.drift, async ({ principal, params }) => {
      const { state, items } = await drift.list(principal, params.toolId);
      return { state: presentState(state), items: items.map(presentItem) };
    }),
    route(operations.tools.acceptDrift, async ({ principal, params, body }) => ({
      count: await drift.accept(principal, params.toolId, body.keys),
    })),
    route(operations.tools.rejectDrift, async ({ principal, params, body }) => ({
      count: await drift.reject(principal, params.toolId, body.keys),
    })),
    route(operations.tools.refresh, ({ principal, params, signal }) =>
      drift.refresh(principal, params.toolId, { signal }),
    ),
    route(operations.tools.setRefresh, async ({ principal, params, body }) =>
      presentState(await drift.setRefresh(principal, params.toolId, body)),
    ),
    route(operations.tools.updateDocument, ({ principal, params, body, signal }) =>
      drift.refresh(principal, params.toolId, { document: body.document, signal }),
    ),
  ];
}

function presentState(state: RefreshState): DriftView['state'] {
  const { sourceUrl, kind, intervalMinutes, graceHours, nextAt, checkedAt, outcome, reason } = state;
  return {
    refreshed: sourceUrl !== null && kind === 'openapi' && intervalMinutes > 0,
    intervalMinutes,
    graceHours,
    ...(checkedAt === null ? {} : { checkedAt: checkedAt.toISOString() }),
    ...(nextAt === null ? {} : { nextAt: nextAt.toISOString() }),
    ...(outcome === null ? {} : { outcome }),
    ...(reason === null ? {} : { reason }),
  };
}

function presentItem(drift: DriftRow): DriftView['items'][number] {
  const { due: _due, pin, offeredPin, noticedAt, appliesAt, findings, ...row } = drift;
  return {
    ...row,
    findings: [...findings],
    noticedAt: noticedAt.toISOString(),
    ...(appliesAt === null ? {} : { appliesAt: appliesAt.toISOString() }),
    ...(pin === null ? {} : { pin }),
    ...(offeredPin === null ? {} : { offeredPin }),
  };
}
