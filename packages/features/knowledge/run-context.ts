import type { Clock, NewId, Telemetry } from '@devmesh/foundation';
import type { Database, Embedder } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Events } from '../events/index.ts';
import type { Lease } from './store.ts';

/** What runs are given. */
export interface RunContext {
  readonly database: Database;
  readonly embedder: Embedder;
  readonly audit: Audit;
  readonly events: Events;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Folders under which repositories may lie; checked again at each run, for links can change. */
  readonly roots: readonly string[];
}

/** A run that holds the lease of its repository. */
export interface Run {
  readonly tenantId: string;
  readonly lease: Lease;
  /** Aborts when the run should stop: its process ends, or another run has taken over. */
  readonly signal: AbortSignal;
}
