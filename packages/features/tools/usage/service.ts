import { MeshError, type Clock } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../../audit/index.ts';
import { actorOf, type Principal } from '../../identity/index.ts';
import { noTool } from '../no-tool.ts';
import { selectUsage, upsertPrice, type UsageGroup, type UsageRow } from './store.ts';
import type { UsageCounter } from './usage-counter.ts';

/** Which usage is asked for. */
interface UsageRequest {
  /** Default: a day before `to`. */
  readonly from?: string | undefined;
  /** Default: now. */
  readonly to?: string | undefined;
  readonly group: UsageGroup;
  readonly limit: number;
}

/** How tools are used. */
export interface ToolUsage {
  /** By whole hours; what this process counted a moment ago is in it. */
  read(
    principal: Principal,
    request: UsageRequest,
  ): Promise<{ readonly rows: readonly UsageRow[]; readonly from: Date; readonly to: Date }>;
  /** Throws `not_found` where there is no such service. */
  setPrice(principal: Principal, toolId: string, microsPerCall: number): Promise<void>;
}

interface UsageOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Pick<Clock, 'now'>;
  readonly counter: UsageCounter;
}

const dayMilliseconds = 86_400_000;

/** Builds it. */
export function createToolUsage({ database, audit, clock, counter }: UsageOptions): ToolUsage {
  return {
    read: async ({ tenantId }, request) => {
      const to = new Date(request.to ?? clock.now() + 1);
      const from = new Date(request.from ?? to.getTime() - dayMilliseconds);
      if (from >= to) throw new MeshError('invalid_request', 'The time `from` must be before `to`.');
      await counter.flush();
      const query = { from, to, group: request.group, limit: request.limit };
      return { rows: await database.tenant(tenantId, (tx) => selectUsage(tx, query)), from, to };
    },
    setPrice: (principal, toolId, microsPerCall) =>
      database.tenant(principal.tenantId, async (tx) => {
        if (!(await upsertPrice(tx, toolId, microsPerCall))) throw noTool(toolId);
        const detail = { microsPerCall };
        await audit.record(tx, { actor: actorOf(principal), action: 'tools.setPrice', subject: toolId, detail });
      }),
  };
}
