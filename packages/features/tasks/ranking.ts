/** An agent that could take a task. */
export interface Candidate {
  readonly id: string;
  readonly offered: readonly string[];
  readonly runningTasks: number;
  readonly maximumTasks: number;
  /** When it last got or gave back a task; null for one that never had any. */
  readonly workedAt: Date | null;
}

/** A task that waits. */
export interface Waiting {
  readonly id: string;
  readonly capability: string;
  readonly priority: number;
  readonly createdAt: Date;
}

/** The agents that can take a task with this capability, best first: least loaded, then longest idle, then by id. */
export function rankAgents<Agent extends Candidate>(agents: readonly Agent[], capability: string): readonly Agent[] {
  return agents
    .filter((agent) => agent.runningTasks < agent.maximumTasks && agent.offered.includes(capability))
    .toSorted(compareAgents);
}

/** Which of the waiting tasks goes to which agent: tasks by priority, then age; nobody gets more than fits. */
export function planAssignments<Agent extends Candidate, Task extends Waiting>(
  agents: readonly Agent[],
  waiting: readonly Task[],
): readonly { readonly agent: Agent; readonly task: Task }[] {
  const byId = new Map(agents.map((agent) => [agent.id, agent]));
  const plan: { agent: Agent; task: Task }[] = [];
  for (const task of waiting.toSorted(compareTasks)) {
    const [agent] = rankAgents([...byId.values()], task.capability);
    if (agent === undefined) continue;
    plan.push({ agent, task });
    byId.set(agent.id, { ...agent, runningTasks: agent.runningTasks + 1, workedAt: justNow });
  }
  return plan;
}

/** Later than any real instant: an agent that was just given a task is the least idle. */
const justNow = new Date(8.64e15);

function compareAgents(one: Candidate, other: Candidate): number {
  return (
    one.runningTasks * other.maximumTasks - other.runningTasks * one.maximumTasks ||
    (one.workedAt?.getTime() ?? 0) - (other.workedAt?.getTime() ?? 0) ||
    compareText(one.id, other.id)
  );
}

function compareTasks(one: Waiting, other: Waiting): number {
  return (
    other.priority - one.priority ||
    one.createdAt.getTime() - other.createdAt.getTime() ||
    compareText(one.id, other.id)
  );
}

function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
