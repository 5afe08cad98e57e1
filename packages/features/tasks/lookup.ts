import { MeshError } from '@devmesh/foundation';
import type { TaskRow } from './store.ts';

/** The row, or `not_found`. */
export function found(row: TaskRow | undefined, taskId: string): TaskRow {
  if (row === undefined) throw new MeshError('not_found', `There is no task ${taskId}.`);
  return row;
}
