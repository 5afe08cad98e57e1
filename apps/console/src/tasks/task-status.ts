import type { operations, ResponseOf } from '@devmesh/api';
import type { Tone } from '../layout/badge.tsx';

export type Task = ResponseOf<typeof operations.tasks.getTask>;
export type TaskStatus = Task['status'];

/** How each status looks, in the order of a task's life. */
export const statusTones: Readonly<Record<TaskStatus, Tone>> = {
  pending: 'warn',
  assigned: 'busy',
  completed: 'good',
  failed: 'bad',
};

export const taskStatuses = Object.keys(statusTones) as readonly TaskStatus[];

/** How many of these tasks have each status. */
export function countByStatus(tasks: readonly Pick<Task, 'status'>[]): Readonly<Record<TaskStatus, number>> {
  const counts: Record<TaskStatus, number> = { pending: 0, assigned: 0, completed: 0, failed: 0 };
  for (const { status } of tasks) counts[status] += 1;
  return counts;
}
