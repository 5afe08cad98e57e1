import type { DeploymentStatus } from './schemas.ts';

const next: Readonly<Record<DeploymentStatus, readonly DeploymentStatus[]>> = {
  queued: ['building', 'cancelled'],
  building: ['deploying', 'failed', 'cancelled'],
  deploying: ['succeeded', 'failed'],
  succeeded: ['rolled_back'],
  failed: [],
  cancelled: [],
  rolled_back: [],
};

/** The statuses that a deployment may take next. */
export function nextStatuses(status: DeploymentStatus): readonly DeploymentStatus[] {
  return next[status];
}

/** Whether a deployment still moves, and so keeps its environment busy. */
export function inProgress(status: DeploymentStatus): boolean {
  return status === 'queued' || status === 'building' || status === 'deploying';
}
