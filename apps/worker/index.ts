import type { Features } from '@devmesh/features';
import { groupServices, type Service } from '@devmesh/foundation';

/** The worker: every feature's stream consumers, leases and schedules. */
export function createWorker({ features }: { readonly features: Pick<Features, 'workers'> }): Service {
  return groupServices('worker', features.workers);
}
