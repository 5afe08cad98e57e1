import { MeshError, type Secret } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { consentRequired } from './consent-required.ts';
import { noProvider, openProvider, type OpenProvider } from './open-provider.ts';
import type { ConnectionsOptions } from './options.ts';
import type { ConnectionMode, TokenSet } from './provider.ts';
import { leaseSeconds, type Look, type Renewals, type RenewalWork, type UsableToken } from './renewal.ts';
import { placeOf } from './sealed-places.ts';
import { sealTokens } from './sealed-tokens.ts';
import {
  claimRenewal,
  endConnection,
  failRenewal,
  selectConnectionOf,
  settleRenewal,
  type ConnectionRow,
} from './store-connections.ts';
import { selectProvider } from './store-providers.ts';
import { standingOf } from './token-times.ts';

/** Whose token is wanted. */
export interface ConnectionTokenRequest {
  readonly tenantId: string;
  readonly providerId: string;
  readonly mode: ConnectionMode;
  /** The person behind the call; with mode `user` it is that person's connection, and nobody else's. */
  readonly userId: string | undefined;
  /** A token that the service refused: another one is wanted. */
  readonly refused?: string | undefined;
}

interface Wanted extends ConnectionTokenRequest {
  /** Undefined: the organization. */
  readonly owner: string | undefined;
}

interface Claim {
  readonly row: ConnectionRow;
  readonly fence: number;
  readonly provider: OpenProvider;
  readonly refreshToken: Secret;
}

/** A token that is younger than this was refused for another reason than its age. */
const youngMilliseconds = 30_000;

/** The token of a connection, renewed where it is near its end. Throws `consent_required` that says where to consent. */
export async function connectionToken(
  options: ConnectionsOptions,
  renewals: Renewals,
  request: ConnectionTokenRequest,
): Promise<UsableToken> {
  const { tenantId, providerId, mode, userId, refused } = request;
  if (mode === 'user' && userId === undefined) {
    throw new MeshError(
      'consent_required',
      "This service is called under the connection of a person, and this key is nobody's. Sign in, or use a key that a person made.",
    );
  }
  const owner = mode === 'user' ? userId : undefined;
  const wanted = { ...request, owner };
  return renewals.run<Claim, TokenSet>({
    tenantId,
    name: ['connection', providerId, owner ?? 'organization', refused === undefined ? '' : 'refused'].join(' '),
    look: (tx) => look(options, tx, wanted),
    renew: ({ provider, refreshToken }) => provider.client(mode).refresh(refreshToken),
    settle: (tx, claim, answer) => settle(options, tx, { tenantId, claim, answer }),
    fail: (tx, claim, error) => fail(options, tx, claim, error),
    orphaned: (claim, answer) => forget(options, claim.provider, mode, answer),
  } satisfies RenewalWork<Claim, TokenSet>);
}

async function look(options: ConnectionsOptions, tx: Tx, wanted: Wanted): Promise<Look<Claim>> {
  const row = await selectConnectionOf(tx, wanted.providerId, wanted.owner);
  if (row === undefined) throw await neverConnected(tx, wanted);
  if (row.status !== 'active') throw consentRequired(row.providerName, wanted.mode, row.lastError ?? undefined);
  const place = placeOf(wanted.tenantId, 'connections', row.id, 'sealed_access');
  const accessToken = (await options.vault.open(tx, place, row.sealedAccess)).open();
  const present = { accessToken, renewedAt: row.renewedAt };
  const standing = standingFor(row, options.clock.now(), wanted.refused === accessToken);
  if (standing === 'fresh') return { found: 'usable', token: present };
  return standing === 'early'
    ? renewable(options, tx, { wanted, row, present })
    : renewable(options, tx, { wanted, row, present: undefined });
}

/** A refused token counts as ended, unless it is so young that another would be refused as well. */
function standingFor(row: ConnectionRow, now: number, refused: boolean): ReturnType<typeof standingOf> {
  const canRenew = row.sealedRefresh !== null && now - row.renewedAt.getTime() >= youngMilliseconds;
  return refused && canRenew ? 'ended' : standingOf(row, now);
}

interface Renewable {
  readonly wanted: Wanted;
  readonly row: ConnectionRow;
  /** The token, where it is still good. */
  readonly present: UsableToken | undefined;
}

async function renewable(
  options: ConnectionsOptions,
  tx: Tx,
  { wanted, row, present }: Renewable,
): Promise<Look<Claim>> {
  if (row.sealedRefresh === null) {
    if (present !== undefined) return { found: 'usable', token: present };
    const reason = 'Its token ended, and the provider gave none to renew it with.';
    await endConnection(tx, row.id, 'expired', reason);
    return { found: 'lost', error: consentRequired(row.providerName, wanted.mode, reason) };
  }
  const fence = await claimRenewal(tx, row.id, leaseSeconds);
  const provider = await openProvider(tx, options, wanted.tenantId, row.providerId);
  if (fence === undefined) {
    // Where the renewal that goes on ends the old token, a call with it would only be refused.
    return present === undefined || provider.endsOldTokens ? { found: 'busy' } : { found: 'usable', token: present };
  }
  const place = placeOf(wanted.tenantId, 'connections', row.id, 'sealed_refresh');
  const refreshToken = await options.vault.open(tx, place, row.sealedRefresh);
  return { found: 'claimed', claim: { row, fence, provider, refreshToken }, present };
}

async function neverConnected(tx: Tx, { providerId, mode }: Wanted): Promise<MeshError> {
  const provider = await selectProvider(tx, providerId);
  return provider === undefined ? noProvider(providerId) : consentRequired(provider.name, mode, undefined);
}

interface Settling {
  readonly tenantId: string;
  readonly claim: Claim;
  readonly answer: TokenSet;
}

async function settle(
  options: ConnectionsOptions,
  tx: Tx,
  { tenantId, claim: { row, fence, provider }, answer }: Settling,
): Promise<UsableToken | undefined> {
  const sealed = await sealTokens(options, tx, { tenantId, connectionId: row.id, tokens: answer });
  const kept = await settleRenewal(tx, { ...sealed, id: row.id, fence, scopes: answer.scopes });
  count(options, provider, kept ? 'renewed' : 'late');
  return kept ? { accessToken: answer.accessToken.open(), renewedAt: sealed.renewedAt } : undefined;
}

const interruption = 'An earlier renewal was cut off before its answer was stored. ';

async function fail(
  options: ConnectionsOptions,
  tx: Tx,
  { row, fence, provider }: Claim,
  error: MeshError,
): Promise<void> {
  const lost = error.code === 'consent_required';
  const lastError = `${lost && row.interrupted ? interruption : ''}${error.message}`.slice(0, 500);
  await failRenewal(tx, { id: row.id, fence, status: lost ? 'consent_missing' : row.status, lastError });
  count(options, provider, error.code);
  if (!lost) return;
  await options.audit.record(tx, {
    actor: 'system:connections',
    action: 'connections.renew',
    subject: row.id,
    outcome: 'failed',
    detail: { provider: row.providerName, userId: row.userId, reason: lastError },
  });
}

/** Tokens that nobody will ever use: the provider had better forget them. */
async function forget(
  { telemetry }: ConnectionsOptions,
  provider: OpenProvider,
  mode: ConnectionMode,
  answer: TokenSet,
): Promise<void> {
  await provider
    .client(mode)
    .revoke(answer)
    .catch((error: unknown) => {
      telemetry.log.error('tokens that came too late could not be revoked', error);
    });
}

function count({ telemetry }: ConnectionsOptions, { row }: OpenProvider, outcome: string): void {
  telemetry.metrics.count('devmesh.connections.renewals', { preset: row.preset, outcome });
}
