import { scopesOfKeyType, type MeshEvent } from '@devmesh/api';
import { newId, type Telemetry } from '@devmesh/foundation';
import { createTelemetry, type Database } from '@devmesh/infrastructure';
import { newTenant, openTestDatabase } from '@devmesh/testkit';
import { sql } from 'kysely';
import { createAgents, type AgentRow, type Agents } from '../agents/index.ts';
import { createAudit, type Audit } from '../audit/index.ts';
import { createEvents, type Events } from '../events/index.ts';
import type { Principal } from '../identity/index.ts';
import { createTasks, type Tasks } from './index.ts';
import type { TaskRow } from './store.ts';

/** Agents and tasks on a real database, for tests. */
export interface TestMesh {
  readonly database: Database;
  readonly telemetry: Telemetry;
  readonly audit: Audit;
  readonly events: Events;
  readonly agents: Agents;
  readonly tasks: Tasks;
  organization(): Promise<Organization>;
  close(): Promise<void>;
}

/** One organization of a test. */
export interface Organization {
  readonly tenantId: string;
  readonly admin: Principal;
  agent(options?: { capabilities?: string[]; maximumTasks?: number }): Promise<TestAgent>;
  task(options?: { title?: string; capability?: string; priority?: number }): Promise<TaskRow>;
  read(taskId: string): Promise<TaskRow>;
  /** Oldest first. */
  events(type: MeshEvent['type']): Promise<readonly MeshEvent[]>;
  auditActions(): Promise<readonly string[]>;
  /** Lets the lease of a task run out. */
  expire(taskId: string): Promise<void>;
  /** Makes every open session this much older. */
  age(seconds: number): Promise<void>;
}

/** An agent with the principal of its key. */
export interface TestAgent {
  readonly id: string;
  readonly principal: Principal;
  beat(sessionId?: string, offers?: readonly string[]): Promise<AgentRow>;
  leave(sessionId?: string): Promise<AgentRow>;
  read(): Promise<AgentRow>;
}

/** Opens a mesh with a database of its own. */
export async function openMesh(): Promise<TestMesh> {
  const database = await openTestDatabase();
  const telemetry = createTelemetry({ service: 'test', level: 'silent', pretty: false });
  const audit = createAudit({ database, tracer: telemetry.tracer, newId });
  const events = createEvents({ database, telemetry });
  const agents = createAgents({ database, audit, events, newId });
  const tasks = createTasks({ database, audit, events, agents, newId, telemetry });
  const mesh = { database, telemetry, audit, events, agents, tasks };
  return {
    ...mesh,
    organization: () => organization(mesh),
    close: async () => {
      await events.close();
      await database.close();
      await telemetry.close();
    },
  };
}

type Parts = Pick<TestMesh, 'database' | 'audit' | 'events' | 'agents' | 'tasks'>;

async function organization(mesh: Parts): Promise<Organization> {
  const tenantId = await newTenant(mesh.database);
  const admin: Principal = {
    tenantId,
    keyId: newId(),
    keyType: 'admin',
    scopes: scopesOfKeyType.admin,
    agentId: undefined,
  };
  return {
    tenantId,
    admin,
    agent: ({ capabilities = ['review'], maximumTasks = 1 } = {}) =>
      addAgent(mesh, admin, { capabilities, maximumTasks }),
    task: ({ title = 'Look at it', capability = 'review', priority = 5 } = {}) =>
      mesh.tasks.create(
        admin,
        { title, description: 'All of it.', capability, priority, input: { number: 7 } },
        noCommit,
      ),
    read: (taskId) => mesh.tasks.get(admin, taskId),
    events: async (type) => {
      const { items } = await mesh.events.list(tenantId, { limit: 200 });
      return items.filter((event) => event.type === type).toReversed();
    },
    auditActions: async () => {
      const { items } = await mesh.audit.list(tenantId, { limit: 200 });
      return items.map(({ actor, action }) => `${actor.split(':')[0] ?? ''} ${action}`).toReversed();
    },
    expire: (taskId) =>
      mesh.database.tenant(tenantId, async (tx) => {
        await sql`
          update mcp.tasks set lease_expires_at = now() - interval '1 second'
          where id = ${taskId} and status = 'assigned'`.execute(tx);
      }),
    age: (seconds) =>
      mesh.database.tenant(tenantId, async (tx) => {
        await sql`
          update mcp.agent_registrations set beat_at = beat_at - make_interval(secs => ${seconds})`.execute(tx);
      }),
  };
}

async function addAgent(
  { agents, tasks, database }: Parts,
  admin: Principal,
  { capabilities, maximumTasks }: { capabilities: string[]; maximumTasks: number },
): Promise<TestAgent> {
  const { id } = await agents.create(
    admin,
    { name: `agent ${newId()}`, description: '', capabilities, maximumTasks },
    noCommit,
  );
  const principal: Principal = {
    ...admin,
    keyId: newId(),
    keyType: 'agent',
    scopes: scopesOfKeyType.agent,
    agentId: id,
  };
  const beat = (sessionId: string, leaving: boolean, offers?: readonly string[]): Promise<AgentRow> =>
    agents.beat(principal, { sessionId, leaving, offers }, (tx, agentId) => tasks.assignPending(tx, { agentId }));
  return {
    id,
    principal,
    beat: (sessionId = 'session', offers) => beat(sessionId, false, offers),
    leave: (sessionId = 'session') => beat(sessionId, true),
    read: async () => {
      const row = await database.tenant(admin.tenantId, (tx) => agents.find(tx, id));
      if (row === undefined) throw new Error('the agent vanished');
      return row;
    },
  };
}

/** For writes whose answer nobody remembers. */
export const noCommit = (): Promise<void> => Promise.resolve();

/** Something to wait for until a test opens it. */
export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
