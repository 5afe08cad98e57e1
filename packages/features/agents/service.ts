import { MeshError, type NewId } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { createPresence, type Beat } from './presence.ts';
import {
  freePlace,
  insertAgent,
  lockAgents,
  selectAgent,
  selectAgents,
  selectOpenings,
  selectPresence,
  takePlace,
  type AgentRow,
  type OpeningFilter,
  type TenantPresence,
} from './store.ts';

interface AgentsOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
}

interface AgentRequest {
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly maximumTasks: number;
}

/** Agents: what they can do, whether they are here, how much room they have. */
export interface Agents {
  /** Declares an agent; `commit` runs in the same transaction. Throws `conflict` when the name is taken. */
  create(
    principal: Principal,
    request: AgentRequest,
    commit: (tx: Tx, agent: AgentRow) => Promise<void>,
  ): Promise<AgentRow>;
  list(principal: Principal, page: { cursor?: string | undefined; limit: number }): Promise<Page<AgentRow>>;
  /**
   * Notes that a session of the agent lives, or leaves. `onArrival` runs in the same transaction when the agent comes
   * online. Throws `forbidden` for a key that is no agent's.
   */
  beat(principal: Principal, beat: Beat, onArrival: (tx: Tx, agentId: string) => Promise<unknown>): Promise<AgentRow>;
  /** Closes the tenant's sessions that stopped beating and announces who went offline; returns how many did. */
  sweepOffline(tenantId: string): Promise<number>;
  /** Every tenant with open sessions; for a transaction of the system job `sweep`. */
  presence(tx: Tx): Promise<readonly TenantPresence[]>;
  find(tx: Tx, agentId: string): Promise<AgentRow | undefined>;
  /** Agents that are online and have room for one more task. */
  openings(tx: Tx, filter: OpeningFilter): Promise<readonly AgentRow[]>;
  /** Locks these agents, in the order of their ids, until the transaction ends. */
  lock(tx: Tx, agentIds: readonly string[]): Promise<unknown>;
  /** Takes one place of an agent until the task that takes it ends; false where none is free. */
  occupy(tx: Tx, agentId: string): Promise<boolean>;
  /** Gives a place back. */
  release(tx: Tx, agentId: string): Promise<void>;
}

/** Builds the agents feature. */
export function createAgents(options: AgentsOptions): Agents {
  const { database } = options;
  return {
    ...createPresence(options),
    create: (principal, request, commit) =>
      database.tenant(principal.tenantId, async (tx) => {
        const agent = await create(options, tx, { principal, request });
        await commit(tx, agent);
        return agent;
      }),
    list: async (principal, { cursor, limit }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(principal.tenantId, (tx) => selectAgents(tx, after, limit));
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    presence: selectPresence,
    find: selectAgent,
    openings: selectOpenings,
    lock: lockAgents,
    occupy: takePlace,
    release: freePlace,
  };
}

async function create(
  { audit, newId }: AgentsOptions,
  tx: Tx,
  { principal, request }: { principal: Principal; request: AgentRequest },
): Promise<AgentRow> {
  const id = newId();
  if (!(await insertAgent(tx, { id, ...request }))) {
    throw new MeshError('conflict', `There is an agent named "${request.name}" already.`);
  }
  await audit.record(tx, {
    actor: actorOf(principal),
    action: 'agents.create',
    subject: id,
    detail: { name: request.name, capabilities: request.capabilities, maximumTasks: request.maximumTasks },
  });
  const agent = await selectAgent(tx, id);
  if (agent === undefined) throw new MeshError('internal', 'An agent vanished while it was created.');
  return agent;
}
