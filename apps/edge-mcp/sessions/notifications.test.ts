import { describe, expect, it } from 'vitest';
import { createTellTask } from './notifications.ts';

describe('telling a session of its tasks', () => {
  it('happens once for each assignment, and again when the task is assigned anew', () => {
    const told: unknown[] = [];
    const tell = createTellTask({ notify: (_method, task) => told.push(task) });
    for (const fence of [1, 1, 2, 2]) tell({ taskId: 't', fence });
    tell({ taskId: 'u', fence: 1 });
    expect(told).toEqual([
      { taskId: 't', fence: 1 },
      { taskId: 't', fence: 2 },
      { taskId: 'u', fence: 1 },
    ]);
  });
});
