import type { Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Vault } from '../../vault/index.ts';
import { upsertCredential, type CallableRow } from '../store.ts';
import { checkCredential } from './check-credential.ts';
import { anonymous, authorize, splitCredential, type Authorization, type Credential } from './credential.ts';

interface CredentialOwner {
  readonly tenantId: string;
  readonly toolId: string;
}

/** Seals and stores the credential of a service, in place of an earlier one. */
export async function storeCredential(
  tx: Tx,
  vault: Vault,
  owner: CredentialOwner,
  credential: Credential,
): Promise<void> {
  checkCredential(credential);
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

/** What the credential adds to a call; only calls to the origin of the service's base URL get it. */
export function authorizationFor(row: CallableRow, secret: Secret | undefined): Authorization {
  const stranger = row.serverUrl !== null && new URL(row.serverUrl).origin !== new URL(row.baseUrl).origin;
  if (secret === undefined || row.kind === null || stranger) return anonymous;
  if (row.kind !== 'apiKey') return authorize({ kind: row.kind, location: null, locationName: null }, secret);
  if (row.location === null || row.locationName === null) return anonymous;
  return authorize({ kind: 'apiKey', location: row.location, locationName: row.locationName }, secret);
}

/** How a credential is bound to its place. */
export function placeOf({ tenantId, toolId }: CredentialOwner): Parameters<Vault['seal']>[1] {
  return { tenantId, table: 'organization_tools', row: toolId, field: 'sealed' };
}
