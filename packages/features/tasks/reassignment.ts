import type { Actor } from '../audit/index.ts';
import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { AgentRow } from '../agents/index.ts';
import { place } from './assignment.ts';
import type { TasksContext } from './context.ts';
import { found } from './lookup.ts';
import { rankAgents } from './ranking.ts';
import { isFinished } from './rules.ts';
import { lockTask, type TaskRow } from './store.ts';

interface Reassignment {
  readonly taskId: string;
  /** Absent: the best agent that does not have it already. */
  readonly agentId: string | undefined;
  readonly actor: Actor;
}

/** Takes a task from whoever has it and gives it to a chosen agent; changes nothing where none can take it. */
export async function reassign(
  context: TasksContext,
  tx: Tx,
  { taskId, agentId, actor }: Reassignment,
): Promise<TaskRow> {
  const { agents } = context;
  const task = found(await lockTask(tx, taskId), taskId);
  if (isFinished(task)) throw new MeshError('invalid_state', `The task is ${task.status}, so nobody can get it.`);
  const owner = task.status === 'assigned' ? task.agentId : null;
  const [best, ...others] =
    agentId === undefined ? await ableAgents(context, tx, task, owner) : [await namedAgent(context, tx, agentId)];
  // Both agents are locked together, so that tasks moved the opposite way do not wait for each other in a circle.
  await agents.lock(
    tx,
    [owner, best.id].filter((id) => id !== null),
  );
  if (owner !== null) await agents.release(tx, owner);
  for (const agent of [best, ...others]) {
    if (await agents.occupy(tx, agent.id)) return place(context, tx, { task, agent, actor });
  }
  const limit = `works on ${String(best.maximumTasks)} task(s) already, which is its limit`;
  throw new MeshError('unavailable', `The agent ${best.name} ${limit}.`);
}

type OneOrMore<Item> = readonly [Item, ...Item[]];

async function namedAgent({ agents }: TasksContext, tx: Tx, agentId: string): Promise<AgentRow> {
  const agent = await agents.find(tx, agentId);
  if (agent === undefined) throw new MeshError('not_found', `There is no agent ${agentId}.`);
  if (!agent.online) throw new MeshError('unavailable', `The agent ${agent.name} is offline.`);
  return agent;
}

async function ableAgents(
  { agents }: TasksContext,
  tx: Tx,
  task: TaskRow,
  owner: string | null,
): Promise<OneOrMore<AgentRow>> {
  const openings = await agents.openings(tx, { capabilities: [task.capability] });
  const [best, ...others] = rankAgents(openings, task.capability).filter(({ id }) => id !== owner);
  if (best === undefined) {
    const whom = owner === null ? 'agent' : 'other agent';
    throw new MeshError('unavailable', `No ${whom} that can do "${task.capability}" is online and has room.`);
  }
  return [best, ...others];
}
