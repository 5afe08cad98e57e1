import { commentOperations } from './comments.ts';
import { deploymentOperations } from './deployments.ts';
import { incidentOperations } from './incidents.ts';
import { issueOperations } from './issues.ts';
import type { Operation } from './operation.ts';
import { serviceOperations } from './services.ts';

/** Every operation of Acme DevOps. */
export const operations: readonly Operation[] = [
  ...serviceOperations,
  ...issueOperations,
  ...commentOperations,
  ...deploymentOperations,
  ...incidentOperations,
];
