import type { Database } from '@devmesh/infrastructure';
import { selectOrganization } from './store-organizations.ts';
import { selectUser, type UserRow } from './store-users.ts';

/** Finds people for whoever acts for them. */
export interface People {
  /** An active person; undefined alike for one who is not, and where the organization is being deleted. */
  byId(tenantId: string, userId: string): Promise<UserRow | undefined>;
}

/** Builds the lookup of people. */
export function createPeople({ database }: { readonly database: Database }): People {
  return {
    byId: (tenantId, userId) =>
      database.tenant(tenantId, async (tx) => {
        const organization = await selectOrganization(tx, tenantId);
        const user = await selectUser(tx, userId);
        return organization?.deletingAt === null && user?.status === 'active' ? user : undefined;
      }),
  };
}
