import type { NewId } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Agents } from '../agents/index.ts';
import type { AssignmentOptions } from './assignment.ts';

/** What the parts of the feature share. */
export interface TasksContext extends AssignmentOptions {
  readonly database: Database;
  readonly agents: Agents;
  readonly newId: NewId;
  /** After how many lapsed leases a task fails. */
  readonly maximumAttempts: number;
}
