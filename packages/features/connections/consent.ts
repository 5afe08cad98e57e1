import { MeshError, Secret, toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import { generateRandomCodeVerifier } from 'oauth4webapi';
import { actorOf, type Principal } from '../identity/index.ts';
import {
  consentSeconds,
  digestOfState,
  findConsent,
  newState,
  overConsent,
  rememberConsent,
  type PendingConsent,
  type WaitingConsent,
} from './consent-state.ts';
import { digestOfCode, newConfirmationCode } from './confirmation-code.ts';
import { noProvider, openProvider, type OpenProvider } from './open-provider.ts';
import type { ConnectionsOptions } from './options.ts';
import type { Account, ConnectionMode, TokenSet } from './provider.ts';
import { proveStarter, type ReturnedBrowser, type UnprovenConsent } from './returned-browser.ts';
import { placeOf } from './sealed-places.ts';
import { sealTokens } from './sealed-tokens.ts';
import { putConnection, selectConnectionOf } from './store-connections.ts';
import { selectProvider, selectProviderByName } from './store-providers.ts';
import { selectStarter } from './store-starter.ts';

/** What somebody wants to connect. */
export interface StartRequest {
  /** Id or name. */
  readonly provider: string;
  readonly mode: ConnectionMode;
  readonly scopes?: readonly string[] | undefined;
}

/** Where to consent, and until when. */
export interface StartedConsent {
  readonly url: string;
  readonly expiresAt: Date;
  /** Proves to the page at the end who began, where no sign-in of theirs does. */
  readonly confirmationCode: Secret;
}

/** How a consent ended, for the page that the person sees. */
export interface FinishedConsent {
  readonly provider: string;
  readonly mode: ConnectionMode;
  readonly account: string | undefined;
}

/** The path that providers send browsers back to, and that its page posts to. */
export const callbackPath = '/api/v1/connections/callback';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/iu;

/** The address that providers send browsers back to. */
export function redirectUriOf({ publicUrl }: Pick<ConnectionsOptions, 'publicUrl'>): string {
  return new URL(callbackPath, publicUrl()).href;
}

/** Begins a consent for whoever asks, and for nobody else. */
export async function startConsent(
  options: ConnectionsOptions,
  principal: Principal,
  request: StartRequest,
): Promise<StartedConsent> {
  const { tenantId } = principal;
  const owner = ownerOf(principal, request.mode);
  const state = newState(tenantId);
  const verifier = generateRandomCodeVerifier();
  const confirmationCode = newConfirmationCode();
  const redirectUri = redirectUriOf(options);
  const expiresAt = new Date(options.clock.now() + consentSeconds * 1000);
  const { pending, provider } = await options.database.tenant(tenantId, async (tx) => {
    const opened = await openProvider(tx, options, tenantId, await providerIdOf(tx, request.provider));
    const sealedVerifier = await options.vault.seal(tx, verifierPlace(tenantId, state), new Secret(verifier));
    await options.audit.record(tx, {
      actor: actorOf(principal),
      action: 'connections.start',
      subject: opened.row.id,
      detail: { provider: opened.row.name, mode: request.mode },
    });
    const starterId = principal.userId ?? null;
    const asked: PendingConsent = {
      providerId: opened.row.id,
      mode: request.mode,
      userId: owner,
      startedBy: actorOf(principal).name,
      starterId,
      codeDigest: digestOfCode(state, confirmationCode.open()),
      shown: { provider: opened.row.name, ...(await selectStarter(tx, starterId)) },
      scopes: request.scopes ?? opened.row.scopes,
      redirectUri,
      verifier: sealedVerifier.toString('base64'),
    };
    return { pending: asked, provider: opened };
  });
  await rememberConsent(options.keyvalue, tenantId, new Secret(state), pending);
  const url = await provider
    .client(request.mode)
    .authorizationUrl({ redirectUri, state, verifier, scopes: pending.scopes });
  return { url, expiresAt, confirmationCode };
}

function ownerOf(principal: Principal, mode: ConnectionMode): string | null {
  if (mode === 'organization') {
    if (principal.scopes.includes('organization:write')) return null;
    throw new MeshError(
      'forbidden',
      'To connect an account for the whole organization takes the scope organization:write.',
    );
  }
  if (principal.userId !== undefined) return principal.userId;
  throw new MeshError(
    'forbidden',
    'This key belongs to nobody whose account could be connected. Sign in, or use a key that a person made.',
  );
}

async function providerIdOf(tx: Tx, given: string): Promise<string> {
  const row = uuid.test(given) ? await selectProvider(tx, given) : await selectProviderByName(tx, given);
  if (row === undefined) throw noProvider(given);
  return row.id;
}

function verifierPlace(tenantId: string, state: string) {
  return placeOf(tenantId, 'connections', digestOfState(state), 'verifier');
}

/**
 * Ends a consent with what the browser brought back, where the browser is that of who began it; says what is missing where
 * that is not proven yet. Throws `invalid_request` for a state that is unknown, used or too old, `forbidden` for another person.
 */
export async function finishConsent(
  options: ConnectionsOptions,
  answer: URLSearchParams,
  browser: ReturnedBrowser,
): Promise<FinishedConsent | UnprovenConsent> {
  const waiting = await findConsent(options.keyvalue, answer.get('state') ?? '');
  const { tenantId, state, pending } = waiting;
  try {
    const unproven = await proveStarter(options, waiting, browser);
    if (unproven !== undefined) return unproven;
    if (!(await waiting.take())) throw overConsent();
  } catch (error) {
    if (toMeshError(error).code === 'forbidden') await recordFailure(options, waiting, { error, outcome: 'denied' });
    throw error;
  }
  try {
    return await redeem(options, { tenantId, state, pending, answer });
  } catch (error) {
    await recordFailure(options, waiting, { error, outcome: 'failed' });
    throw error;
  }
}

async function recordFailure(
  options: ConnectionsOptions,
  { tenantId, pending }: WaitingConsent,
  { error, outcome }: { readonly error: unknown; readonly outcome: 'denied' | 'failed' },
): Promise<void> {
  const { code, message } = toMeshError(error);
  await options.database.tenant(tenantId, (tx) =>
    options.audit.record(tx, {
      actor: actorOfConsent(pending),
      action: 'connections.callback',
      subject: pending.providerId,
      outcome,
      detail: { code, reason: message, mode: pending.mode },
    }),
  );
}

interface Redeeming {
  readonly tenantId: string;
  readonly state: string;
  readonly pending: PendingConsent;
  readonly answer: URLSearchParams;
}

async function redeem(
  options: ConnectionsOptions,
  { tenantId, state, pending, answer }: Redeeming,
): Promise<FinishedConsent> {
  const { provider, verifier } = await options.database.tenant(tenantId, async (tx) => ({
    provider: await openProvider(tx, options, tenantId, pending.providerId),
    verifier: await options.vault.open(tx, verifierPlace(tenantId, state), Buffer.from(pending.verifier, 'base64')),
  }));
  const client = provider.client(pending.mode);
  const { redirectUri } = pending;
  const tokens = await client.exchange({ answer, state, verifier: verifier.open(), redirectUri });
  // Nice to know, and no reason to ask the person again.
  const account = await client.account(tokens.accessToken).catch((error: unknown) => {
    options.telemetry.log.warn('a provider does not tell whose token it gave', {
      preset: provider.row.preset,
      'error.code': toMeshError(error).code,
    });
    return undefined;
  });
  await options.database.tenant(tenantId, (tx) => keep(options, tx, { tenantId, pending, provider, tokens, account }));
  return { provider: provider.row.name, mode: pending.mode, account: account?.name ?? account?.id };
}

interface Keeping {
  readonly tenantId: string;
  readonly pending: PendingConsent;
  readonly provider: OpenProvider;
  readonly tokens: TokenSet;
  readonly account: Account | undefined;
}

async function keep(
  options: ConnectionsOptions,
  tx: Tx,
  { tenantId, pending, provider, tokens, account }: Keeping,
): Promise<void> {
  const owner = pending.userId ?? undefined;
  const earlier = await selectConnectionOf(tx, pending.providerId, owner);
  const id = earlier?.id ?? options.newId();
  const stored = await sealTokens(options, tx, { tenantId, connectionId: id, tokens });
  const scopes = tokens.scopes ?? pending.scopes;
  await putConnection(tx, {
    ...stored,
    id,
    providerId: pending.providerId,
    userId: owner,
    accountId: account?.id ?? null,
    accountName: account?.name ?? null,
    details: account?.details ?? {},
    scopes,
  });
  await options.audit.record(tx, {
    actor: actorOfConsent(pending),
    action: 'connections.callback',
    subject: id,
    detail: {
      provider: provider.row.name,
      mode: pending.mode,
      account: account?.id,
      scopes,
      again: earlier !== undefined,
    },
  });
}

/** The trail names who asked, however they were proven. */
function actorOfConsent({ startedBy, starterId }: PendingConsent) {
  return { name: startedBy, userId: starterId ?? undefined, agentId: undefined };
}
