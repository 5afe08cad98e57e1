import { MeshError } from '@devmesh/foundation';
import type { Principal } from '../../identity/index.ts';
import type { Catalogue } from '../catalogue.ts';
import type { ToolsOptions } from '../options.ts';
import { selectOperations, type OperationRow } from '../store.ts';
import { resourceOf } from '../tool-resource.ts';
import { createToolFinder, type ToolFinder } from './finder.ts';
import { createToolPins, type ToolPins } from './pins.ts';

/** Finding tools among thousands. */
export interface ToolFinding {
  readonly search: ToolFinder['search'];
  /** One tool, whole; `not_found` where the principal may not call it. */
  describe(principal: Principal, name: string): Promise<OperationRow>;
  readonly pins: ToolPins;
  /** The pinned tools that the principal may call, by name. */
  pinned(principal: Principal): Promise<readonly OperationRow[]>;
}

/** Builds it. */
export function createToolFinding(options: ToolsOptions & { readonly catalogue: Catalogue }): ToolFinding {
  const { database, catalogue, policy } = options;
  const allowed = async (principal: Principal, names: readonly string[]): Promise<readonly OperationRow[]> => {
    const rows = await database.tenant(principal.tenantId, (tx) => selectOperations(tx, names));
    return policy.filter(principal, rows, (row) => ({ resource: resourceOf(row, row.server) }));
  };
  const describe: ToolFinding['describe'] = async (principal, name) => {
    const [row] = await allowed(principal, [name]);
    if (row === undefined) throw new MeshError('not_found', `There is no tool ${name}.`);
    return row;
  };
  const finder = createToolFinder(options);
  const pins = createToolPins({
    ...options,
    change: (tenantId, work) => catalogue.change(tenantId, work),
    requireTool: describe,
  });
  return {
    search: (principal, search) => finder.search(principal, search),
    describe,
    pins,
    pinned: async (principal) => {
      const names = await pins.list(principal);
      return names.length === 0 ? [] : allowed(principal, names);
    },
  };
}
