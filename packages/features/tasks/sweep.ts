import type { Tx } from '@devmesh/infrastructure';
import { assignRound, write } from './assignment.ts';
import type { TasksContext } from './context.ts';
import { lapse } from './rules.ts';
import { lockLapsed, selectTenantsDue, type TaskRow } from './store.ts';

/** What a sweep did. */
export interface Swept {
  /** Agents that went offline. */
  readonly offline: number;
  /** Tasks taken back because their lease ran out. */
  readonly lapsed: number;
  readonly assigned: number;
  /** Tenants whose sweep failed; the log tells why. */
  readonly failed: number;
}

/** Most leases that one transaction takes back. */
const batchSize = 50;

/** Does what is due in every tenant, each on its own: one that fails keeps nobody else waiting. */
export async function sweepTenants(context: TasksContext): Promise<Swept> {
  const total = { offline: 0, lapsed: 0, assigned: 0, failed: 0 };
  for (const due of await findDue(context)) {
    try {
      if (due.silent) total.offline += await context.agents.sweepOffline(due.tenantId);
      if (due.lapsed) total.lapsed += await takeBack(context, due.tenantId);
      if (due.assignable) total.assigned += await assignWaiting(context, due.tenantId);
    } catch (error) {
      total.failed += 1;
      context.telemetry.log.error('the tasks of a tenant could not be swept', error, {
        'devmesh.tenant.id': due.tenantId,
      });
    }
  }
  count(context, total);
  return total;
}

interface Due {
  readonly tenantId: string;
  /** Some agent stopped beating. */
  readonly silent: boolean;
  /** Some lease ran out. */
  readonly lapsed: boolean;
  /** Some task waits, or soon will, while an agent is online. */
  readonly assignable: boolean;
}

async function findDue({ database, agents }: TasksContext): Promise<readonly Due[]> {
  const { presence, tasks } = await database.system('sweep', async (tx) => ({
    presence: new Map((await agents.presence(tx)).map((entry) => [entry.tenantId, entry])),
    tasks: new Map((await selectTenantsDue(tx)).map((entry) => [entry.tenantId, entry])),
  }));
  const tenantIds = [...new Set([...presence.keys(), ...tasks.keys()])];
  return tenantIds
    .map((tenantId) => ({
      tenantId,
      silent: presence.get(tenantId)?.lapsed === true,
      lapsed: tasks.get(tenantId)?.lapsed === true,
      assignable: presence.get(tenantId)?.online === true && tasks.has(tenantId),
    }))
    .filter((due) => due.silent || due.lapsed || due.assignable);
}

async function takeBack(context: TasksContext, tenantId: string): Promise<number> {
  for (let total = 0; ;) {
    const taken = await context.database.tenant(tenantId, (tx) => takeBackBatch(context, tx));
    total += taken;
    if (taken < batchSize) return total;
  }
}

async function takeBackBatch(context: TasksContext, tx: Tx): Promise<number> {
  const tasks = await lockLapsed(tx, batchSize);
  // Agents are locked in the order of their ids, as assignments do.
  for (const task of tasks.toSorted((one, other) => ((one.agentId ?? '') < (other.agentId ?? '') ? -1 : 1))) {
    await takeBackOne(context, tx, task);
  }
  return tasks.length;
}

async function takeBackOne(context: TasksContext, tx: Tx, task: TaskRow): Promise<void> {
  const parent = task.traceparent ?? undefined;
  await context.telemetry.tracer.span(
    'tasks.lapse',
    { parent, attributes: { 'devmesh.task.id': task.id } },
    async () => {
      const row = await write(context, tx, task, lapse(task, context.maximumAttempts));
      if (task.agentId !== null) await context.agents.release(tx, task.agentId);
      if (row.status === 'failed') {
        await context.events.publish(tx, {
          type: 'task.failed',
          subjectId: row.id,
          summary: `Task "${row.title}" failed after ${String(row.attempts)} attempts`,
          data: { taskId: row.id, agentId: row.agentId, fence: row.fence, error: row.error },
        });
      }
      await context.audit.record(tx, {
        actor: 'system:sweep',
        action: 'tasks.lapse',
        subject: row.id,
        detail: { agentId: row.agentId, fence: row.fence, attempts: row.attempts, status: row.status },
      });
    },
  );
}

async function assignWaiting(context: TasksContext, tenantId: string): Promise<number> {
  for (let total = 0; ;) {
    const { assigned, raced } = await context.database.tenant(tenantId, (tx) => assignRound(context, tx, {}));
    total += assigned;
    if (assigned + raced === 0) return total;
  }
}

function count({ telemetry }: TasksContext, { offline, lapsed, assigned }: Swept): void {
  const counted = { offline, lapsed, assigned };
  for (const [what, times] of Object.entries(counted)) {
    if (times > 0) telemetry.metrics.count('devmesh_task_sweep_total', { what }, times);
  }
}
