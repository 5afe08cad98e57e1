import type { Tx } from '@devmesh/infrastructure';
import type { ConnectionsOptions } from './options.ts';
import type { TokenSet } from './provider.ts';
import { placeOf } from './sealed-places.ts';
import type { StoredTokens } from './store-connections.ts';
import { timesOf } from './token-times.ts';

interface Sealing {
  readonly tenantId: string;
  readonly connectionId: string;
  readonly tokens: TokenSet;
}

/** Tokens as a connection stores them: sealed, with their times. */
export async function sealTokens(
  { vault, clock }: Pick<ConnectionsOptions, 'vault' | 'clock'>,
  tx: Tx,
  { tenantId, connectionId, tokens }: Sealing,
): Promise<StoredTokens> {
  const place = (field: string) => placeOf(tenantId, 'connections', connectionId, field);
  const now = clock.now();
  return {
    sealedAccess: await vault.seal(tx, place('sealed_access'), tokens.accessToken),
    sealedRefresh:
      tokens.refreshToken === undefined ? null : await vault.seal(tx, place('sealed_refresh'), tokens.refreshToken),
    ...timesOf(now, tokens.expiresInSeconds, Math.random),
    renewedAt: new Date(now),
  };
}
