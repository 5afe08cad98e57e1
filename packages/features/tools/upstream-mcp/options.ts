import type { Clock } from '@devmesh/foundation';
import type { Catalogue } from '../catalogue.ts';
import type { ToolsOptions } from '../options.ts';
import type { UpstreamPool } from './pool.ts';
import type { StdioRules } from './stdio/program.ts';

/** What upstream servers are worked with. */
export interface UpstreamOptions extends ToolsOptions {
  readonly clock: Clock;
  readonly catalogue: Catalogue;
  readonly pool: UpstreamPool;
  readonly stdio: StdioRules;
}
