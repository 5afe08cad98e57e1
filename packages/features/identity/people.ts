import type { Database, Tx } from '@devmesh/infrastructure';
import { readSettings, type OrganizationSettings } from './settings.ts';
import { selectOrganization, selectTenantOfSlug } from './store-organizations.ts';
import { selectPerson, updatePassword, type PersonRow } from './store-users.ts';

/** A person as signing in needs to know them. */
export interface Person extends PersonRow {
  readonly tenantId: string;
  readonly settings: OrganizationSettings;
}

/** Finds the people who sign in. */
export interface People {
  /** An active person by the organization's slug and their address; undefined alike where either is unknown, disabled or being deleted. */
  byAddress(where: { readonly organization: string; readonly email: string }): Promise<Person | undefined>;
  /** An active person by id. */
  byId(tenantId: string, userId: string): Promise<Person | undefined>;
  /** Stores the hash of a person's password, in the transaction of whoever changes it; false where there is no such person. */
  storePassword(tx: Tx, userId: string, hash: string): Promise<boolean>;
}

/** Builds the lookup of people. */
export function createPeople({ database }: { readonly database: Database }): People {
  const find = (tenantId: string, by: { readonly id?: string; readonly email?: string }): Promise<Person | undefined> =>
    database.tenant(tenantId, async (tx) => {
      const organization = await selectOrganization(tx, tenantId);
      const person = await selectPerson(tx, by);
      if (organization === undefined || organization.deletingAt !== null || person === undefined) return undefined;
      return { ...person, tenantId, settings: readSettings(organization.settings) };
    });
  return {
    byAddress: async ({ organization, email }) => {
      const tenantId = await database.system('authenticate', (tx) => selectTenantOfSlug(tx, organization));
      return tenantId === undefined ? undefined : find(tenantId, { email: email.toLowerCase() });
    },
    byId: (tenantId, id) => find(tenantId, { id }),
    storePassword: updatePassword,
  };
}
