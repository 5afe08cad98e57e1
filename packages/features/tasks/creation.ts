import type { Actor } from '../audit/index.ts';
import type { Tx } from '@devmesh/infrastructure';
import { assignPending } from './assignment.ts';
import type { TasksContext } from './context.ts';
import { found } from './lookup.ts';
import { insertTask, insertTasks, selectTask, type TaskRow, type TaskSource } from './store.ts';

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
  readonly actor: Actor;
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

/** Tasks to create together. */
export interface ManyTasksCreation extends Omit<TaskCreation, 'request'> {
  /** Each with the trace context of what caused it. */
  readonly requests: readonly (TaskRequest & { readonly traceparent: string | null })[];
}

/** Inserts tasks in few statements, however many they are, and assigns waiting tasks where agents have room. */
export async function createTasksTogether(
  context: TasksContext,
  tx: Tx,
  { actor, requests, source }: ManyTasksCreation,
): Promise<readonly string[]> {
  const tasks = requests.map((request) => ({ ...request, id: context.newId(), source }));
  if (tasks.length === 0) return [];
  await insertTasks(tx, tasks);
  await context.events.publishMany(tx, tasks.map(feedFact));
  await context.audit.recordMany(
    tx,
    tasks.map(({ id, capability, priority, traceparent }) => ({
      actor,
      action: 'tasks.create',
      subject: id,
      detail: { capability, priority, source },
      traceId: traceIdOf(traceparent),
    })),
  );
  await assignPending(context, tx, { capabilities: [...new Set(tasks.map(({ capability }) => capability))] });
  return tasks.map(({ id }) => id);
}

type CreatedTask = ManyTasksCreation['requests'][number] & { readonly id: string; readonly source: TaskSource };

function feedFact({ id, title, capability, priority, source, traceparent }: CreatedTask) {
  return {
    type: 'task.created' as const,
    subjectId: id,
    summary: `Task "${title}" was created`,
    data: { taskId: id, title, capability, priority, source },
    traceId: traceIdOf(traceparent),
  };
}

function traceIdOf(traceparent: string | null): string | undefined {
  return traceparent?.split('-')[1];
}
