import { organizationSettings } from '@devmesh/api';
import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { z } from 'zod';
import { selectOrganization } from './store-organizations.ts';

/** What an organization decides for itself. */
export type OrganizationSettings = z.output<typeof organizationSettings>;

/** Settings as they are stored, with the defaults of what is not. Throws `internal` for what this version does not know. */
export function readSettings(stored: unknown): OrganizationSettings {
  const { data, error } = organizationSettings.safeParse(stored);
  if (data !== undefined) return data;
  throw new MeshError('internal', 'The settings of this organization were stored by another version.', {
    cause: error,
  });
}

/** The settings of the open transaction's organization; undefined where there is none. */
export async function settingsIn(tx: Tx, tenantId: string): Promise<OrganizationSettings | undefined> {
  const organization = await selectOrganization(tx, tenantId);
  return organization && readSettings(organization.settings);
}
