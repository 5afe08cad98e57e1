import type { Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Connections } from '../../connections/index.ts';
import type { Vault } from '../../vault/index.ts';
import { upsertCredential, type CallableRow } from '../store.ts';
import { checkCredential } from './check-credential.ts';
import { anonymous, authorize, splitCredential, type Authorization, type Credential } from './credential.ts';

interface CredentialOwner {
  readonly tenantId: string;
  readonly toolId: string;
}

interface StoreOptions {
  readonly vault: Vault;
  readonly connections: Pick<Connections, 'checkUse' | 'forgetMachineToken'>;
}

/**
 * Seals and stores the credential of a service, in place of an earlier one and of the tokens that came from it. Throws
 * `invalid_request` where it could not be used for calls to `baseUrl`.
 */
export async function storeCredential(
  tx: Tx,
  { vault, connections }: StoreOptions,
  owner: CredentialOwner & { readonly baseUrl: string },
  credential: Credential,
): Promise<void> {
  checkCredential(credential);
  if (credential.kind === 'oauth2') await connections.checkUse(tx, credential.providerId, owner.baseUrl);
  await connections.forgetMachineToken(tx, owner.toolId);
  const { place, secret } = splitCredential(credential);
  const sealed = await vault.seal(tx, placeOf(owner), secret);
  await upsertCredential(tx, { toolId: owner.toolId, place, sealed });
}

/** The sealed part of a service's credential, opened; undefined where it has none. */
export async function openCredential(
  tx: Tx,
  vault: Vault,
  tenantId: string,
  row: CallableRow,
): Promise<Secret | undefined> {
  if (row.sealed === null) return undefined;
  return vault.open(tx, placeOf({ tenantId, toolId: row.toolId }), row.sealed);
}

/** What a credential that is sent as it is adds to a call; only calls to the origin of the service's base URL get it. */
export function authorizationFor(row: CallableRow, secret: Secret | undefined): Authorization {
  if (secret === undefined || isStranger(row)) return anonymous;
  if (row.kind === 'bearer' || row.kind === 'basic') {
    return authorize({ kind: row.kind, location: null, locationName: null }, secret);
  }
  if (row.location === null || row.locationName === null) return anonymous;
  return authorize({ kind: 'apiKey', location: row.location, locationName: row.locationName }, secret);
}

/** Whether a call goes to another origin than the service's base URL: there no credential goes along. */
export function isStranger(row: Pick<CallableRow, 'serverUrl' | 'baseUrl'>): boolean {
  return row.serverUrl !== null && new URL(row.serverUrl).origin !== new URL(row.baseUrl).origin;
}

/** How a credential is bound to its place. */
export function placeOf({ tenantId, toolId }: CredentialOwner): Parameters<Vault['seal']>[1] {
  return { tenantId, table: 'organization_tools', row: toolId, field: 'sealed' };
}
