import { MeshError } from '@devmesh/foundation';
import { fetchFor, type GuardedFetch, type Tx } from '@devmesh/infrastructure';
import type { Vault } from '../vault/index.ts';
import { createOAuthClient } from './oauth-client.ts';
import { presetOf } from './presets/presets.ts';
import type { ConnectionMode, OAuthProvider } from './provider.ts';
import { placeOf } from './sealed-places.ts';
import { selectProvider, type ProviderRow } from './store-providers.ts';

/** A configured provider, ready to be asked. */
export interface OpenProvider {
  readonly row: ProviderRow;
  readonly client: (mode: ConnectionMode) => OAuthProvider;
  /** Whether a renewal ends the token that was good before. */
  readonly endsOldTokens: boolean;
}

interface Opening {
  readonly vault: Vault;
  readonly fetch: GuardedFetch;
}

/** Reads a provider and opens its client secret; throws `not_found` where there is none. */
export async function openProvider(
  tx: Tx,
  { vault, fetch }: Opening,
  tenantId: string,
  providerId: string,
): Promise<OpenProvider> {
  const row = await selectProvider(tx, providerId);
  if (row === undefined) throw noProvider(providerId);
  const place = placeOf(tenantId, 'oauth_providers', row.id, 'sealed_client_secret');
  const clientSecret =
    row.sealedClientSecret === null ? undefined : await vault.open(tx, place, row.sealedClientSecret);
  const { endpoints, clientId, clientAuthentication, pkce } = row;
  const preset = presetOf(row.preset);
  const settings = {
    preset,
    endpoints,
    clientId,
    clientSecret,
    clientAuthentication,
    pkce,
    resource: row.resource ?? undefined,
  };
  return {
    row,
    client: (mode) => createOAuthClient({ settings, mode, fetch: fetchFor(fetch, tenantId) }),
    endsOldTokens: preset.quirks.refreshEndsAccess === true,
  };
}

/** The refusal of an id that is no provider's. */
export function noProvider(providerId: string): MeshError {
  return new MeshError('not_found', `There is no OAuth provider ${providerId}.`);
}
