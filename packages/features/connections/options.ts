import type { Clock, NewId, Telemetry } from '@devmesh/foundation';
import type { Database, GuardedFetch, KeyValue } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import type { Vault } from '../vault/index.ts';

/** What connections are built on. */
export interface ConnectionsOptions {
  readonly database: Database;
  readonly keyvalue: KeyValue;
  readonly fetch: GuardedFetch;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly telemetry: Telemetry;
  /** Where people reach the platform; providers send their browsers back there. */
  readonly publicUrl: () => string;
}
