import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../identity/index.ts';
import { assignPending, write } from './assignment.ts';
import type { TasksContext } from './context.ts';
import { found } from './lookup.ts';
import { finish, keep, type Outcome } from './rules.ts';
import { lockTask, type TaskRow } from './store.ts';

/** How an agent says that it is done, under which assignment. */
export interface Finishing extends Outcome {
  readonly fence: number;
}

interface Renewal {
  readonly principal: Principal;
  readonly taskId: string;
  readonly fence: number;
}

/** Begins the lease of a task anew for its owner. */
export async function renewTask(
  context: TasksContext,
  tx: Tx,
  { principal, taskId, fence }: Renewal,
): Promise<TaskRow> {
  const agentId = agentOf(principal);
  const task = found(await lockTask(tx, taskId), taskId);
  const row = await write(context, tx, task, keep(task, { agentId, fence }));
  await context.audit.record(tx, {
    actor: actorOf(principal),
    action: 'tasks.renew',
    subject: taskId,
    detail: { fence },
  });
  return row;
}

interface Completion {
  readonly principal: Principal;
  readonly taskId: string;
  readonly finishing: Finishing;
}

/** Finishes a task for its owner, and gives that agent what waits. */
export async function finishTask(
  context: TasksContext,
  tx: Tx,
  { principal, taskId, finishing }: Completion,
): Promise<TaskRow> {
  const agentId = agentOf(principal);
  const task = found(await lockTask(tx, taskId), taskId);
  const finished = finish(task, { agentId, fence: finishing.fence }, finishing);
  if (finished === task) return task;
  const row = await write(context, tx, task, finished);
  await context.agents.release(tx, agentId);
  await context.events.publish(tx, {
    type: finishing.outcome === 'completed' ? 'task.completed' : 'task.failed',
    subjectId: taskId,
    summary: `Task "${row.title}" ${finishing.outcome === 'completed' ? 'was completed' : 'failed'}`,
    data: { taskId, agentId, fence: row.fence, ...(row.error === null ? {} : { error: row.error }) },
  });
  await context.audit.record(tx, {
    actor: actorOf(principal),
    action: 'tasks.complete',
    subject: taskId,
    detail: { outcome: finishing.outcome, fence: row.fence },
  });
  await assignPending(context, tx, { agentId });
  return row;
}

function agentOf(principal: Principal): string {
  if (principal.agentId === undefined)
    throw new MeshError('forbidden', 'Only the key of the agent that has a task can do this.');
  return principal.agentId;
}
