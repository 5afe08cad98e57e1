import { MeshError, type Clock } from '@devmesh/foundation';
import type { Database, Tx } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { actorOf, nameOf, type Principal } from './principal.ts';
import type { PrincipalCache } from './principal-cache.ts';
import { readSettings, type OrganizationSettings } from './settings.ts';
import { revokeAllKeys } from './store-keys.ts';
import {
  lockOrganization,
  markDeleting,
  mergeSettings,
  renameOrganization,
  selectOrganization,
  type OrganizationRow,
} from './store-organizations.ts';
import { disableAllUsers } from './store-users.ts';

interface OrganizationsOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly principals: PrincipalCache;
}

/** Settings that are to be changed; what is absent stays. */
type SettingsChange = { readonly [Name in keyof OrganizationSettings]?: OrganizationSettings[Name] | undefined };

/** The organization of a principal: its name, its settings, its end. */
export interface Organizations {
  organization(tenantId: string): Promise<OrganizationRow>;
  /** The settings that hold now. */
  settings(tenantId: string): Promise<OrganizationSettings>;
  rename(principal: Principal, name: string): Promise<OrganizationRow>;
  changeSettings(principal: Principal, changes: SettingsChange): Promise<OrganizationRow>;
  /**
   * Lets nobody in any more and leaves the rest to the deletion worker. Throws `invalid_request` where `slug` is not the
   * organization's.
   */
  delete(principal: Principal, slug: string): Promise<{ readonly id: string; readonly deletingAt: Date }>;
}

/** Builds the organizations. */
export function createOrganizations(options: OrganizationsOptions): Organizations {
  const { database, audit } = options;
  const organization = async (tenantId: string): Promise<OrganizationRow> =>
    existing(await database.tenant(tenantId, (tx) => selectOrganization(tx, tenantId)));
  return {
    organization,
    settings: async (tenantId) => readSettings((await organization(tenantId)).settings),
    rename: (principal, name) =>
      database.tenant(principal.tenantId, async (tx) => {
        const { name: before } = existing(await lockOrganization(tx));
        const detail = { name, before };
        await record(audit, tx, { principal, action: 'organizations.rename', detail });
        return existing(await renameOrganization(tx, name));
      }),
    changeSettings: (principal, changes) =>
      database.tenant(principal.tenantId, async (tx) => {
        const before = readSettings(existing(await lockOrganization(tx)).settings);
        const row = existing(await mergeSettings(tx, changes));
        const detail = { changes, before };
        await record(audit, tx, { principal, action: 'organizations.changeSettings', detail });
        return row;
      }),
    delete: (principal, slug) => end(options, principal, slug),
  };
}

interface Fact {
  readonly principal: Principal;
  readonly action: string;
  readonly detail: Record<string, unknown>;
}

async function record(audit: Audit, tx: Tx, { principal, action, detail }: Fact): Promise<void> {
  await audit.record(tx, { actor: actorOf(principal), action, subject: principal.tenantId, detail });
}

function end(
  { database, audit, clock, principals }: OrganizationsOptions,
  principal: Principal,
  slug: string,
): Promise<{ readonly id: string; readonly deletingAt: Date }> {
  const { tenantId: id } = principal;
  return principals.change(id, () =>
    database.tenant(id, async (tx) => {
      const row = existing(await lockOrganization(tx));
      if (row.slug !== slug) {
        const message = 'must be the slug of your organization, to say that this one is meant';
        throw new MeshError('invalid_request', `slug ${message}.`, { issues: [{ path: 'body.slug', message }] });
      }
      const deletingAt = row.deletingAt ?? new Date(clock.now());
      await markDeleting(tx, deletingAt, nameOf(principal));
      await revokeAllKeys(tx);
      await disableAllUsers(tx);
      await record(audit, tx, { principal, action: 'organizations.delete', detail: {} });
      return { id, deletingAt };
    }),
  );
}

function existing(row: OrganizationRow | undefined): OrganizationRow {
  if (row === undefined) throw new MeshError('not_found', 'The organization does not exist any more.');
  return row;
}
