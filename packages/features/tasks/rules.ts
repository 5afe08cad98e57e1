import { isDeepStrictEqual } from 'node:util';
import { MeshError } from '@devmesh/foundation';
import type { operations, ResponseOf } from '@devmesh/api';

export type TaskStatus = ResponseOf<typeof operations.tasks.getTask>['status'];

/** The part of a task that its transitions change. */
export interface TaskState {
  readonly status: TaskStatus;
  /** Who has it, or had it last. */
  readonly agentId: string | null;
  /** Grows with every assignment. */
  readonly fence: number;
  readonly attempts: number;
  readonly result: Record<string, unknown> | null;
  readonly error: string | null;
}

/** What an agent shows to act on a task: itself, and the fence of the assignment it acts under. */
export interface Claim {
  readonly agentId: string;
  readonly fence: number;
}

/** How an agent says that it is done. */
export interface Outcome {
  readonly outcome: 'completed' | 'failed';
  readonly result: Record<string, unknown>;
  readonly error?: string | undefined;
}

/** A task as it begins. */
export const newTask: TaskState = {
  status: 'pending',
  agentId: null,
  fence: 0,
  attempts: 0,
  result: null,
  error: null,
};

/** Gives a task to an agent, taking it from whoever has it. Throws `invalid_state` for a finished one. */
export function assign<Task extends TaskState>(task: Task, agentId: string): Task {
  if (isFinished(task)) throw new MeshError('invalid_state', `The task is ${task.status}, so nobody can get it.`);
  return { ...task, status: 'assigned', agentId, fence: task.fence + 1, attempts: task.attempts + 1 };
}

/** Takes a task back whose lease ran out: it waits again, or fails after too many attempts. */
export function lapse<Task extends TaskState>(task: Task, maximumAttempts: number): Task {
  if (task.status !== 'assigned')
    throw new MeshError('internal', 'Only an assigned task has a lease that can run out.');
  if (task.attempts < maximumAttempts) return { ...task, status: 'pending' };
  const error = `Its lease ran out ${String(task.attempts)} times without an answer of the agent that had it.`;
  return { ...task, status: 'failed', error };
}

/** Lets the owner keep a task; throws `stale_fence` or `forbidden` for anyone else. */
export function keep<Task extends TaskState>(task: Task, claim: Claim): Task {
  refuseOthers(task, claim);
  if (task.status !== 'assigned') {
    throw new MeshError('stale_fence', `The task is ${task.status}, so there is no lease to keep.`);
  }
  return task;
}

/**
 * Finishes a task. The same owner saying the same again changes nothing and gets the very same object back;
 * throws `stale_fence`, `forbidden` or `invalid_state` for any other claim.
 */
export function finish<Task extends TaskState>(task: Task, claim: Claim, outcome: Outcome): Task {
  refuseOthers(task, claim);
  const finished: Task = {
    ...task,
    status: outcome.outcome,
    result: outcome.result,
    error: outcome.outcome === 'failed' ? (outcome.error ?? null) : null,
  };
  if (task.status === 'assigned') return finished;
  if (task.status === 'pending') {
    throw new MeshError('stale_fence', 'The lease ran out and the task waits for another agent.');
  }
  if (isDeepStrictEqual(outcomeOf(task), outcomeOf(finished))) return task;
  throw new MeshError('invalid_state', `The task is ${task.status} already, with another outcome.`);
}

/** Whether nothing can happen to a task any more. */
export function isFinished({ status }: TaskState): boolean {
  return status === 'completed' || status === 'failed';
}

function refuseOthers(task: TaskState, claim: Claim): void {
  if (claim.fence !== task.fence) {
    throw new MeshError(
      'stale_fence',
      `The fence is ${String(task.fence)}, not ${String(claim.fence)}: the task was assigned anew.`,
    );
  }
  if (claim.agentId !== task.agentId) throw new MeshError('forbidden', 'Another agent has this task.');
}

function outcomeOf({ status, result, error }: TaskState): unknown {
  // What was stored went through JSON, so what is compared with it must as well.
  return JSON.parse(JSON.stringify({ status, result, error }));
}
