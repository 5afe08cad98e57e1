import type { Clock, Telemetry } from '@devmesh/foundation';
import type { Database, GuardedFetch } from '@devmesh/infrastructure';
import type { Catalogue } from '../catalogue.ts';
import type { ApplyParts } from './apply-definitions.ts';

/** What drift works with. */
export interface DriftOptions extends ApplyParts {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, 'change'>;
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}
