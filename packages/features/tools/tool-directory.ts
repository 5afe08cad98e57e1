import type { Database } from '@devmesh/infrastructure';
import type { Connections } from '../connections/index.ts';
import { credentialState, type CredentialState } from './credentials/credential-state.ts';
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
  ): Promise<{ readonly resource: ToolResource; readonly credential: CredentialState } | undefined>;
  names(tenantId: string): Promise<readonly string[]>;
}

interface DirectoryOptions {
  readonly database: Database;
  readonly connections: Pick<Connections, 'hasConsent'>;
}

/** The directory over the stored tools. */
export function createToolDirectory({ database, connections }: DirectoryOptions): ToolDirectory {
  return {
    find: ({ tenantId, userId }, name) =>
      database.tenant(tenantId, async (tx) => {
        const row = await selectCallable(tx, name);
        if (row === undefined) return undefined;
        const resource = resourceOf(row, row.serverUrl ?? row.baseUrl);
        return { resource, credential: await credentialState(tx, { connections, row, userId }) };
      }),
    names: (tenantId) => database.tenant(tenantId, selectNames),
  };
}
