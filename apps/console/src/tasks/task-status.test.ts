import { expect, it } from 'vitest';
import { countByStatus, taskStatuses } from './task-status.ts';

it('counts every task under its status and shows statuses without a task as zero', () => {
  const counts = countByStatus([{ status: 'failed' }, { status: 'pending' }, { status: 'failed' }]);
  expect(counts).toEqual({ pending: 1, assigned: 0, completed: 0, failed: 2 });
  expect(Object.keys(counts)).toEqual(taskStatuses);
});
