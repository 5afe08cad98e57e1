import type { Tx } from '@devmesh/infrastructure';
import { sql, type RawBuilder } from 'kysely';
import type { TaskState, TaskStatus } from './rules.ts';

export type TaskSource = 'api' | 'webhook';

export interface TaskRow extends TaskState {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly capability: string;
  readonly priority: number;
  readonly input: Record<string, unknown>;
  readonly source: TaskSource;
  readonly traceparent: string | null;
  readonly createdAt: Date;
  readonly leaseExpiresAt: Date | null;
  readonly finishedAt: Date | null;
}

const columns = sql`id, title, description, capability, priority, input, status, agent_id as "agentId", fence, attempts,
  result, error, source, traceparent, created_at as "createdAt", lease_expires_at as "leaseExpiresAt",
  finished_at as "finishedAt"`;

interface NewTask {
  readonly id: string;
  readonly tenantId: string;
  readonly title: string;
  readonly description: string;
  readonly capability: string;
  readonly priority: number;
  readonly input: Record<string, unknown>;
  readonly source: TaskSource;
  readonly traceparent: string | null;
}

/** Inserts a task that waits. */
export async function insertTask(tx: Tx, task: NewTask): Promise<void> {
  await sql`
    insert into mcp.tasks (tenant_id, id, title, description, capability, priority, input, source, traceparent)
    values (${task.tenantId}, ${task.id}, ${task.title}, ${task.description}, ${task.capability}, ${task.priority},
            ${JSON.stringify(task.input)}::jsonb, ${task.source}, ${task.traceparent})`.execute(tx);
}

/** Inserts tasks that wait, all of one tenant, in one statement. */
export async function insertTasks(tx: Tx, tasks: readonly Omit<NewTask, 'tenantId'>[]): Promise<void> {
  await sql`
    insert into mcp.tasks (tenant_id, id, title, description, capability, priority, input, source, traceparent)
    select current_setting('app.tenant_id')::uuid, id, title, description, capability, priority, input, source, traceparent
    from jsonb_to_recordset(${JSON.stringify(tasks)}::text::jsonb) as task (
      id uuid, title text, description text, capability text, priority integer, input jsonb, source text,
      traceparent text)`.execute(tx);
}

export async function selectTask(tx: Tx, id: string): Promise<TaskRow | undefined> {
  return first(tx, sql<TaskRow>`select ${columns} from mcp.tasks where id = ${id}`);
}

/** The task, locked until the transaction ends, so that one transition follows another. */
export async function lockTask(tx: Tx, id: string): Promise<TaskRow | undefined> {
  return first(tx, sql<TaskRow>`select ${columns} from mcp.tasks where id = ${id} for update`);
}

interface TaskFilter {
  readonly after: string | undefined;
  readonly limit: number;
  readonly status: TaskStatus | undefined;
  readonly agentId: string | undefined;
}

/** Newest first, one more than `limit`. */
export async function selectTasks(tx: Tx, filter: TaskFilter): Promise<readonly TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select ${columns} from mcp.tasks
    where (${filter.after ?? null}::uuid is null or id < ${filter.after ?? null}::uuid)
      and (${filter.status ?? null}::text is null or status = ${filter.status ?? null}::text)
      and (${filter.agentId ?? null}::uuid is null or agent_id = ${filter.agentId ?? null}::uuid)
    order by id desc limit ${filter.limit + 1}`.execute(tx);
  return rows;
}

interface PendingFilter {
  readonly capabilities: readonly string[];
  readonly taskId?: string | undefined;
  readonly limit: number;
}

/** Locks waiting tasks that need one of these capabilities, most urgent first; those that others hold are passed over. */
export async function lockPending(tx: Tx, filter: PendingFilter): Promise<readonly TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select ${columns} from mcp.tasks
    where status = 'pending' and capability = any(${[...filter.capabilities]}::text[])
      and (${filter.taskId ?? null}::uuid is null or id = ${filter.taskId ?? null}::uuid)
    order by priority desc, created_at, id limit ${filter.limit}
    for update skip locked`.execute(tx);
  return rows;
}

/** Locks tasks whose lease ran out by the database's time; those that others hold are passed over. */
export async function lockLapsed(tx: Tx, limit: number): Promise<readonly TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select ${columns} from mcp.tasks
    where status = 'assigned' and lease_expires_at <= now()
    order by lease_expires_at, id limit ${limit}
    for update skip locked`.execute(tx);
  return rows;
}

interface Transition {
  readonly before: TaskRow;
  readonly after: TaskState;
  readonly leaseSeconds: number;
}

/**
 * Writes a transition. An assigned task gets a new lease by the database's time. Undefined where the row is no longer
 * as it was before, by its fence and status.
 */
export async function updateTask(tx: Tx, { before, after, leaseSeconds }: Transition): Promise<TaskRow | undefined> {
  const result = after.result === null ? null : JSON.stringify(after.result);
  return first(
    tx,
    sql<TaskRow>`
      update mcp.tasks set
        status = ${after.status}::text, agent_id = ${after.agentId}::uuid, fence = ${after.fence}, attempts = ${after.attempts},
        result = ${result}::jsonb, error = ${after.error},
        lease_expires_at =
          case when ${after.status}::text = 'assigned' then now() + make_interval(secs => ${leaseSeconds}) end,
        finished_at = case when ${after.status}::text in ('completed', 'failed') then now() end
      where id = ${before.id} and fence = ${before.fence} and status = ${before.status}
      returning ${columns}`,
  );
}

/** What is due in one tenant. */
export interface TenantTasks {
  readonly tenantId: string;
  /** Some lease ran out. */
  readonly lapsed: boolean;
  /** Some task waits. */
  readonly pending: boolean;
}

/** Every tenant with tasks that wait or whose lease ran out. Runs as the system job `sweep`. */
export async function selectTenantsDue(tx: Tx): Promise<readonly TenantTasks[]> {
  const { rows } = await sql<TenantTasks>`
    select tenant_id as "tenantId", bool_or(status = 'assigned') as lapsed, bool_or(status = 'pending') as pending
    from mcp.tasks
    where status = 'pending' or (status = 'assigned' and lease_expires_at <= now())
    group by tenant_id`.execute(tx);
  return rows;
}

async function first(tx: Tx, statement: RawBuilder<TaskRow>): Promise<TaskRow | undefined> {
  const { rows } = await statement.execute(tx);
  return rows[0];
}
