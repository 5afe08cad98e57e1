import type { NewId, Telemetry } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Agents } from '../agents/index.ts';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import { actorOf, type Principal } from '../identity/index.ts';
import { cutPage, readCursor, uuidPosition, type Page } from '../paging.ts';
import { assignPending, type AssignmentScope } from './assignment.ts';
import { finishTask, renewTask, type Finishing } from './completion.ts';
import type { TasksContext } from './context.ts';
import {
  createTask,
  createTasksTogether,
  type ManyTasksCreation,
  type TaskCreation,
  type TaskRequest,
} from './creation.ts';
import { found } from './lookup.ts';
import { reassign } from './reassignment.ts';
import type { TaskStatus } from './rules.ts';
import { selectTask, selectTasks, type TaskRow } from './store.ts';
import { sweepTenants, type Swept } from './sweep.ts';

interface TasksOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly events: Events;
  readonly agents: Agents;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** How long an agent may be silent about a task. Default 300. */
  readonly leaseSeconds?: number;
  /** After how many lapsed leases a task fails. Default 5. */
  readonly maximumAttempts?: number;
}

interface TaskQuery {
  readonly cursor?: string | undefined;
  readonly limit: number;
  readonly status?: TaskStatus | undefined;
  readonly agentId?: string | undefined;
}

/** Work for agents: at any time at most one owner, whose lease a fence guards. */
export interface Tasks {
  /** Creates a task in a transaction of another feature and assigns it at once where an agent has room. */
  createIn(tx: Tx, creation: TaskCreation): Promise<TaskRow>;
  /** Creates many tasks in a transaction of another feature, in few statements, and assigns what agents have room for; their ids in order. */
  createManyIn(tx: Tx, creation: ManyTasksCreation): Promise<readonly string[]>;
  /** Creates a task; `commit` runs in the same transaction. */
  create(
    principal: Principal,
    request: TaskRequest,
    commit: (tx: Tx, task: TaskRow) => Promise<void>,
  ): Promise<TaskRow>;
  get(principal: Principal, taskId: string): Promise<TaskRow>;
  list(principal: Principal, query: TaskQuery): Promise<Page<TaskRow>>;
  /** Takes a task from whoever has it and gives it to this agent, or to the best other one. */
  assign(principal: Principal, taskId: string, agentId: string | undefined): Promise<TaskRow>;
  /** Begins the lease anew. A lease that ran out still counts until somebody took the task back. */
  renew(principal: Principal, taskId: string, fence: number): Promise<TaskRow>;
  /** Finishes a task and gives its agent the next one. Saying the same again changes nothing. */
  complete(principal: Principal, taskId: string, finishing: Finishing): Promise<TaskRow>;
  /** Gives waiting tasks to agents with room, in the caller's transaction; returns how many. */
  assignPending(tx: Tx, scope: AssignmentScope): Promise<number>;
  /** Does what is due in every tenant: agents gone silent, leases run out, tasks that wait. */
  sweep(): Promise<Swept>;
}

/** Builds the tasks feature. */
export function createTasks(options: TasksOptions): Tasks {
  const context: TasksContext = { leaseSeconds: 300, maximumAttempts: 5, ...options };
  const { database } = context;
  return {
    createIn: (tx, creation) => createTask(context, tx, creation),
    createManyIn: (tx, creation) => createTasksTogether(context, tx, creation),
    create: (principal, request, commit) =>
      database.tenant(principal.tenantId, async (tx) => {
        const { tenantId } = principal;
        const task = await createTask(context, tx, { tenantId, actor: actorOf(principal), request, source: 'api' });
        await commit(tx, task);
        return task;
      }),
    get: async (principal, taskId) => {
      const row = await database.tenant(principal.tenantId, (tx) => selectTask(tx, taskId));
      return found(row, taskId);
    },
    list: async (principal, { cursor, limit, status, agentId }) => {
      const after = readCursor(cursor, uuidPosition);
      const rows = await database.tenant(principal.tenantId, (tx) =>
        selectTasks(tx, { after, limit, status, agentId }),
      );
      return cutPage(
        rows,
        limit,
        (row) => row.id,
        (row) => row,
      );
    },
    assign: (principal, taskId, agentId) =>
      database.tenant(principal.tenantId, (tx) =>
        reassign(context, tx, { taskId, agentId, actor: actorOf(principal) }),
      ),
    renew: (principal, taskId, fence) =>
      database.tenant(principal.tenantId, (tx) => renewTask(context, tx, { principal, taskId, fence })),
    complete: (principal, taskId, finishing) =>
      database.tenant(principal.tenantId, (tx) => finishTask(context, tx, { principal, taskId, finishing })),
    assignPending: (tx, scope) => assignPending(context, tx, scope),
    sweep: () => sweepTenants(context),
  };
}
