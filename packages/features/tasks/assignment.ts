import { MeshError, type Telemetry } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { AgentRow, Agents } from '../agents/index.ts';
import type { Actor, Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { planAssignments } from './ranking.ts';
import { assign } from './rules.ts';
import { lockPending, updateTask, type TaskRow } from './store.ts';

export interface AssignmentOptions {
  readonly agents: Pick<Agents, 'openings' | 'occupy' | 'release' | 'find'>;
  readonly audit: Audit;
  readonly events: Events;
  readonly telemetry: Telemetry;
  readonly leaseSeconds: number;
}

/** Which agents or tasks to look at; absent, all of the tenant's. */
export interface AssignmentScope {
  readonly agentId?: string | undefined;
  readonly task?: { readonly id: string; readonly capability: string } | undefined;
  /** Only tasks that need one of these. */
  readonly capabilities?: readonly string[] | undefined;
}

/** What one round did. */
interface Round {
  readonly assigned: number;
  /** How often another transaction took the place first. */
  readonly raced: number;
}

/** Most tasks that one round assigns. */
const roundSize = 50;

/** Gives waiting tasks to agents with room until nothing fits any more; returns how many. */
export async function assignPending(options: AssignmentOptions, tx: Tx, scope: AssignmentScope): Promise<number> {
  let total = 0;
  for (;;) {
    const { assigned, raced } = await assignRound(options, tx, scope);
    total += assigned;
    if (assigned + raced === 0) return total;
  }
}

/** One plan, carried out. */
export async function assignRound(options: AssignmentOptions, tx: Tx, scope: AssignmentScope): Promise<Round> {
  const wanted = scope.task === undefined ? scope.capabilities : [scope.task.capability];
  const openings = await options.agents.openings(tx, { agentId: scope.agentId, capabilities: wanted });
  const room = openings.reduce((sum, agent) => sum + agent.maximumTasks - agent.runningTasks, 0);
  if (room === 0) return { assigned: 0, raced: 0 };
  const waiting = await lockPending(tx, {
    capabilities: wanted ?? [...new Set(openings.flatMap((agent) => agent.offered))],
    taskId: scope.task?.id,
    limit: Math.min(room, roundSize),
  });
  let assigned = 0;
  let raced = 0;
  for (const { agent, task } of inLockOrder(planAssignments(openings, waiting))) {
    if (await options.agents.occupy(tx, agent.id)) {
      await place(options, tx, { task, agent, actor: 'system:assign' });
      assigned += 1;
    } else raced += 1;
  }
  return { assigned, raced };
}

/** All transactions lock agents in the order of their ids, so that they do not wait for each other in a circle. */
function inLockOrder<Entry extends { readonly agent: { readonly id: string } }>(
  plan: readonly Entry[],
): readonly Entry[] {
  return plan.toSorted((one, other) => (one.agent.id < other.agent.id ? -1 : 1));
}

interface Placement {
  readonly task: TaskRow;
  /** One of its places is taken for the task already. */
  readonly agent: Pick<AgentRow, 'id' | 'name'>;
  readonly actor: Actor;
}

/** Writes an assignment of a locked task and tells the agent, as part of the trace that created the task. */
export async function place(options: AssignmentOptions, tx: Tx, { task, agent, actor }: Placement): Promise<TaskRow> {
  const { tracer } = options.telemetry;
  const attributes = { 'devmesh.task.id': task.id, 'devmesh.agent.id': agent.id };
  return tracer.span('tasks.assign', { parent: task.traceparent ?? undefined, attributes }, async () => {
    const row = await write(options, tx, task, assign(task, agent.id));
    await options.events.publish(tx, {
      type: 'task.assigned',
      subjectId: row.id,
      agentId: agent.id,
      summary: `Task "${row.title}" went to agent ${agent.name}`,
      data: assignmentOf(row),
    });
    await options.audit.record(tx, {
      actor,
      action: 'tasks.assign',
      subject: row.id,
      detail: { agentId: agent.id, fence: row.fence, attempts: row.attempts },
    });
    return row;
  });
}

/** What an agent needs to begin. */
function assignmentOf(row: TaskRow): Record<string, unknown> {
  return {
    taskId: row.id,
    title: row.title,
    description: row.description,
    capability: row.capability,
    input: row.input,
    fence: row.fence,
    leaseExpiresAt: row.leaseExpiresAt?.toISOString(),
  };
}

/** Writes a transition of a locked task. */
export async function write(
  { leaseSeconds }: Pick<AssignmentOptions, 'leaseSeconds'>,
  tx: Tx,
  before: TaskRow,
  after: TaskRow,
): Promise<TaskRow> {
  const row = await updateTask(tx, { before, after, leaseSeconds });
  if (row === undefined) throw new MeshError('internal', `The task ${before.id} changed while it was locked.`);
  return row;
}
