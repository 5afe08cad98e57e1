import { operations, type ResultOf } from '@devmesh/api';
import { route, type Route } from '../routing.ts';
import type { Tasks } from './service.ts';
import type { TaskRow } from './store.ts';

/** The routes of tasks. */
export function taskRoutes({ tasks }: { readonly tasks: Tasks }): readonly Route[] {
  return [
    route(operations.tasks.createTask, async ({ principal, body, remember }) =>
      presentTask(await tasks.create(principal, body, (tx, task) => remember(tx, presentTask(task)))),
    ),
    route(operations.tasks.assignTask, async ({ principal, params, body }) =>
      presentTask(await tasks.assign(principal, params.taskId, body.agentId)),
    ),
    route(operations.tasks.getTask, async ({ principal, params }) =>
      presentTask(await tasks.get(principal, params.taskId)),
    ),
    route(operations.tasks.listTasks, async ({ principal, query }) => {
      const page = await tasks.list(principal, query);
      return { ...page, items: page.items.map(presentTask) };
    }),
    route(operations.tasks.renewTask, async ({ principal, params, body }) =>
      presentTask(await tasks.renew(principal, params.taskId, body.fence)),
    ),
    route(operations.tasks.completeTask, async ({ principal, params, body }) =>
      presentTask(await tasks.complete(principal, params.taskId, body)),
    ),
  ];
}

function presentTask(row: TaskRow): ResultOf<typeof operations.tasks.getTask> {
  return {
    id: row.id,
    title: row.title,
    description: row.description,
    capability: row.capability,
    priority: row.priority,
    status: row.status,
    input: row.input,
    fence: row.fence,
    attempts: row.attempts,
    source: row.source,
    createdAt: row.createdAt.toISOString(),
    ...(row.result === null ? {} : { result: row.result }),
    ...(row.error === null ? {} : { error: row.error }),
    ...(row.agentId === null ? {} : { agentId: row.agentId }),
    ...(row.leaseExpiresAt === null ? {} : { leaseExpiresAt: row.leaseExpiresAt.toISOString() }),
    ...(row.finishedAt === null ? {} : { finishedAt: row.finishedAt.toISOString() }),
  };
}
