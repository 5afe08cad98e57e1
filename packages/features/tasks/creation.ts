import type { Tx } from '@devmesh/infrastructure';
import { assignPending } from './assignment.ts';
import type { TasksContext } from './context.ts';
import { found } from './lookup.ts';
import { insertTask, selectTask, type TaskRow, type TaskSource } from './store.ts';

/** What a task is about. */
export interface TaskRequest {
  readonly title: string;
  readonly description: string;
  readonly capability: string;
  readonly priority: number;
  readonly input: Record<string, unknown>;
}

/** A task to create, and on whose behalf. */
export interface TaskCreation {
  readonly tenantId: string;
  /** As the audit trail names it. */
  readonly actor: string;
  readonly request: TaskRequest;
  readonly source: TaskSource;
}

/** Inserts a task and assigns it at once where an agent has room. */
export async function createTask(
  context: TasksContext,
  tx: Tx,
  { tenantId, actor, request, source }: TaskCreation,
): Promise<TaskRow> {
  const id = context.newId();
  const { capability, priority } = request;
  await insertTask(tx, {
    id,
    tenantId,
    ...request,
    source,
    traceparent: context.telemetry.tracer.traceparent() ?? null,
  });
  await context.events.publish(tx, {
    type: 'task.created',
    subjectId: id,
    summary: `Task "${request.title}" was created`,
    data: { taskId: id, title: request.title, capability, priority, source },
  });
  await context.audit.record(tx, {
    actor,
    action: 'tasks.create',
    subject: id,
    detail: { capability, priority, source },
  });
  await assignPending(context, tx, { task: { id, capability } });
  return found(await selectTask(tx, id), id);
}
