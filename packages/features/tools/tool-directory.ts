import type { Database } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';
import type { ToolResource } from '../policy/index.ts';
import { selectCallable, selectNames } from './store.ts';
import { resourceOf } from './tool-resource.ts';

/** Tools as explanations of decisions name them. */
export interface ToolDirectory {
  /** A tool of the organization, and whether its calls have what they authenticate with. */
  find(
    principal: Principal,
    name: string,
  ): Promise<
    { readonly resource: ToolResource; readonly credential: 'stored' | 'missing' | 'consent_required' } | undefined
  >;
  names(tenantId: string): Promise<readonly string[]>;
}

/** The directory over the stored tools. */
export function createToolDirectory({ database }: { readonly database: Database }): ToolDirectory {
  return {
    find: async ({ tenantId }, name) => {
      const row = await database.tenant(tenantId, (tx) => selectCallable(tx, name));
      if (row === undefined) return undefined;
      const credential = row.kind === null ? 'missing' : 'stored';
      return { resource: resourceOf(row, row.serverUrl ?? row.baseUrl), credential };
    },
    names: (tenantId) => database.tenant(tenantId, selectNames),
  };
}
