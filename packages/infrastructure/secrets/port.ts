import type { Secret } from '@devmesh/foundation';

/** Where the operator's own secrets (the master key, provider keys) come from. */
export interface Secrets {
  /** The secret of that name, or undefined where the operator gave none. */
  read(name: string): Promise<Secret | undefined>;
}
