import { MeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { actorOf, type Principal } from '../../identity/index.ts';
import type { Catalogue } from '../catalogue.ts';
import { noTool } from '../no-tool.ts';
import type { ToolsOptions } from '../options.ts';
import { markPermissionsDue } from '../probes/store-probes.ts';
import { selectTool } from '../store.ts';
import { describeCredentials, type CredentialOverview } from './overview.ts';
import { storeCredential, type CredentialSetting } from './sealed-credential.ts';
import { countOwners, deleteCredential, selectCredentials, selectSecurities } from './store-credentials.ts';

/** Whose credential it is: the organization's, or that of the person who asks. */
type CredentialOwnership = 'organization' | 'mine';

/** What calls to services authenticate with. */
export interface ToolCredentials {
  /** Stores a credential in place of an earlier one of the same slot and owner. */
  set(principal: Principal, toolId: string, of: CredentialOwnership, setting: CredentialSetting): Promise<void>;
  /** Forgets one, and the tokens that it gave. Throws `not_found` where there is none. */
  remove(principal: Principal, toolId: string, of: CredentialOwnership, slot: string | undefined): Promise<void>;
  /** The slots of a service, who filled them, and what calls of the principal lack; never a secret. */
  overview(principal: Principal, toolId: string): Promise<CredentialOverview>;
}

type Options = Pick<ToolsOptions, 'database' | 'audit' | 'vault' | 'connections'> & {
  /** Keeps whether a service has credentials, which calls ask. */
  readonly catalogue: Pick<Catalogue, 'change'>;
};

/** Builds the credentials of services. */
export function createToolCredentials(options: Options): ToolCredentials {
  const { database } = options;
  return {
    set: async (principal, toolId, of, setting) =>
      set(options, { principal, toolId, userId: ownerOf(principal, of) }, setting),
    remove: async (principal, toolId, of, slot = '') =>
      remove(options, { principal, toolId, userId: ownerOf(principal, of) }, slot),
    overview: ({ tenantId, userId }, toolId) =>
      database.tenant(tenantId, async (tx) => {
        const tool = await known(tx, toolId);
        return describeCredentials({
          baseUrl: tool.baseUrl,
          wanted: await selectSecurities(tx, toolId),
          held: await selectCredentials(tx, toolId, userId),
          people: await countOwners(tx, toolId),
        });
      }),
  };
}

interface Owned {
  readonly principal: Principal;
  readonly toolId: string;
  readonly userId: string | undefined;
}

function ownerOf({ userId }: Principal, of: CredentialOwnership): string | undefined {
  if (of === 'organization') return undefined;
  if (userId !== undefined) return userId;
  throw new MeshError(
    'forbidden',
    'This key belongs to no person, so there is nobody whose own credential it could set.',
  );
}

async function known(tx: Tx, toolId: string) {
  const tool = await selectTool(tx, toolId);
  if (tool === undefined) throw noTool(toolId);
  return tool;
}

async function set(
  { database, audit, catalogue, ...rest }: Options,
  { principal, toolId, userId }: Owned,
  setting: CredentialSetting,
): Promise<void> {
  const { tenantId } = principal;
  if (userId !== undefined && setting.kind === 'oauth2' && setting.mode === 'organization') {
    const message = "must be user: one's own credential uses one's own connection";
    throw new MeshError('invalid_request', `The credential's mode ${message}.`, {
      issues: [{ path: 'credential.mode', message }],
    });
  }
  const work = async (tx: Tx): Promise<void> => {
    const { baseUrl } = await known(tx, toolId);
    await storeCredential(tx, rest, { tenantId, toolId, userId, baseUrl }, setting);
    if (userId === undefined) await markPermissionsDue(tx, toolId);
    await audit.record(tx, {
      actor: actorOf(principal),
      action: userId === undefined ? 'tools.setCredential' : 'tools.setMyCredential',
      subject: toolId,
      detail: { kind: setting.kind, ...slotDetail(setting.slot) },
    });
  };
  await catalogue.change(tenantId, () => database.tenant(tenantId, work));
}

async function remove(
  { database, audit, catalogue }: Options,
  { principal, toolId, userId }: Owned,
  slot: string,
): Promise<void> {
  const work = async (tx: Tx): Promise<void> => {
    await known(tx, toolId);
    const kind = await deleteCredential(tx, { toolId, slot, userId: userId ?? null });
    if (userId === undefined) await markPermissionsDue(tx, toolId);
    if (kind === undefined) {
      throw new MeshError('not_found', `There is no credential of ${slot === '' ? 'no slot' : 'that slot'} to forget.`);
    }
    await audit.record(tx, {
      actor: actorOf(principal),
      action: userId === undefined ? 'tools.deleteCredential' : 'tools.deleteMyCredential',
      subject: toolId,
      detail: { kind, ...slotDetail(slot) },
    });
  };
  await catalogue.change(principal.tenantId, () => database.tenant(principal.tenantId, work));
}

function slotDetail(slot = ''): Record<string, string> {
  return slot === '' ? {} : { slot };
}
