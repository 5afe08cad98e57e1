import { operations, type ResultOf } from '@devmesh/api';
import type { Tx } from '@devmesh/infrastructure';
import { route, type Route } from '../routing.ts';
import type { Agents } from './service.ts';
import type { AgentRow } from './store.ts';

interface AgentRoutesOptions {
  readonly agents: Agents;
  /** What waits for agents to come online. */
  readonly tasks: {
    /** Gives the agent waiting tasks, in the transaction of its arrival. */
    assignPending(tx: Tx, scope: { readonly agentId: string }): Promise<unknown>;
  };
}

/** The routes of agents. */
export function agentRoutes({ agents, tasks }: AgentRoutesOptions): readonly Route[] {
  return [
    route(operations.agents.createAgent, async ({ principal, body, remember }) =>
      presentAgent(await agents.create(principal, body, (tx, agent) => remember(tx, presentAgent(agent)))),
    ),
    route(operations.agents.listAgents, async ({ principal, query }) => {
      const page = await agents.list(principal, query);
      return { ...page, items: page.items.map(presentAgent) };
    }),
    route(operations.agents.beat, async ({ principal, body }) =>
      presentAgent(await agents.beat(principal, body, (tx, agentId) => tasks.assignPending(tx, { agentId }))),
    ),
  ];
}

function presentAgent(row: AgentRow): ResultOf<typeof operations.agents.createAgent> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    capabilities: row.capabilities,
    offered: row.offered,
    maximumTasks: row.maximumTasks,
    status: row.online ? 'online' : 'offline',
    runningTasks: row.runningTasks,
    createdAt: row.createdAt.toISOString(),
    ...(row.lastSeenAt === null ? {} : { lastSeenAt: row.lastSeenAt.toISOString() }),
  };
}
