import type { Secret } from '@devmesh/foundation';

/** Where the operator's own secrets (the master key, provider keys) come from. */
export interface Secrets {
  /** The secret of that name, or undefined where the operator gave none. */
  read(name: string): Promise<Secret | undefined>;
  /** What it was before its last change, where the source remembers that. */
  readPrevious(name: string): Promise<Secret | undefined>;
  close(): Promise<void>;
}
