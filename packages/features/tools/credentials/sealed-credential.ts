import { MeshError, type Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Connections } from '../../connections/index.ts';
import type { Vault } from '../../vault/index.ts';
import { checkCredential } from './check-credential.ts';
import { splitCredential, type Credential } from './credential.ts';
import { originOf } from './origin.ts';
import { countCredentials, upsertCredential, type CredentialKey, type HeldCredential } from './store-credentials.ts';

/** A credential with where it belongs. */
export type CredentialSetting = Credential & {
  /** The scheme of the document that it fills; default: any that it fits. */
  readonly slot?: string | undefined;
  /** The only origins that it is sent to; default: that of the service's base URL. */
  readonly origins?: readonly string[] | undefined;
};

interface CredentialOwner {
  readonly tenantId: string;
  readonly toolId: string;
  /** Absent: the organization. */
  readonly userId?: string | undefined;
}

interface StoreOptions {
  readonly vault: Vault;
  readonly connections: Pick<Connections, 'checkUse' | 'forgetMachineToken'>;
}

/** As many slots as an owner fills of one service. */
const mostCredentials = 50;

/**
 * Seals and stores a credential of a service, in place of an earlier one of the same slot and owner and of the tokens that came
 * from it. Throws `invalid_request` where it could not be used for calls to `baseUrl`.
 */
export async function storeCredential(
  tx: Tx,
  { vault, connections }: StoreOptions,
  owner: CredentialOwner & { readonly baseUrl: string },
  setting: CredentialSetting,
): Promise<void> {
  const { slot = '', origins: given, ...credential } = setting;
  checkCredential(credential);
  const origins = originsOf(given, owner.baseUrl);
  if (credential.kind === 'oauth2') {
    for (const origin of origins) await connections.checkUse(tx, credential.providerId, origin);
  }
  const { tenantId, toolId, userId = null } = owner;
  const key = { toolId, slot, userId };
  if ((await countCredentials(tx, key)) > mostCredentials) {
    throw new MeshError(
      'invalid_request',
      `A service has at most ${String(mostCredentials)} credentials of one owner.`,
    );
  }
  await connections.forgetMachineToken(tx, { toolId, slot, holder: userId ?? '' });
  const { place, secret } = splitCredential(credential);
  const sealed = await vault.seal(tx, placeOf(tenantId, key), secret);
  await upsertCredential(tx, { ...key, place, origins, sealed });
}

function originsOf(given: readonly string[] | undefined, baseUrl: string): readonly string[] {
  const origins = new Set((given ?? [baseUrl]).map(originOf));
  if (origins.size > 0) return [...origins];
  const message = 'must name at least one origin';
  throw new MeshError('invalid_request', `The credential's origins ${message}.`, {
    issues: [{ path: 'credential.origins', message }],
  });
}

/** The sealed part of a credential, opened. */
export function openCredential(
  tx: Tx,
  vault: Vault,
  { tenantId, toolId, held }: { readonly tenantId: string; readonly toolId: string; readonly held: HeldCredential },
): Promise<Secret> {
  return vault.open(tx, placeOf(tenantId, { toolId, slot: held.slot, userId: held.userId }), held.sealed);
}

/** How a credential is bound to its place: one without slot that is the organization's, as those of before, by its service alone. */
export function placeOf(tenantId: string, { toolId, slot, userId }: CredentialKey): Parameters<Vault['seal']>[1] {
  const row = slot === '' && userId === null ? toolId : `${toolId} ${userId ?? ''} ${slot}`;
  return { tenantId, table: 'organization_tools', row, field: 'sealed' };
}
