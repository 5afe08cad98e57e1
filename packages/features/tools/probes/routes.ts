import { operations, type ResponseOf } from '@devmesh/api';
import { route, type Route } from '../../routing.ts';
import type { ToolHealth, ToolProbes } from './service.ts';
import type { PastCheck } from './store-probes.ts';

type HealthView = ResponseOf<typeof operations.tools.toolHealth>;

/** The routes of looks at services. */
export function probeRoutes({ probes }: { readonly probes: ToolProbes }): readonly Route[] {
  return [
    route(operations.tools.toolHealth, async ({ principal, params, query }) =>
      present(await probes.health(principal, params.toolId, query.limit)),
    ),
    route(operations.tools.probeTool, async ({ principal, params, signal }) =>
      present(await probes.probe(principal, params.toolId, signal)),
    ),
  ];
}

function present({ checks, permissions, lacking }: ToolHealth): HealthView {
  const { status, at, reason } = permissions ?? { status: null, at: null, reason: null };
  return {
    status: checks[0]?.status ?? 'unknown',
    checks: checks.map(presentCheck),
    permissions: {
      status: status ?? 'unknown',
      ...(at === null ? {} : { at: at.toISOString() }),
      ...(reason === null ? {} : { reason }),
      lacking: [...lacking],
    },
  };
}

function presentCheck({
  status,
  at,
  latencyMilliseconds,
  httpStatus,
  reason,
}: PastCheck): HealthView['checks'][number] {
  return {
    status,
    at: at.toISOString(),
    ...(latencyMilliseconds === null ? {} : { latencyMilliseconds }),
    ...(httpStatus === null ? {} : { httpStatus }),
    ...(reason === null ? {} : { reason }),
  };
}
