import { MeshError, Secret, toMeshError } from '@devmesh/foundation';
import type { Tx } from '@devmesh/infrastructure';
import type { Principal } from '../identity/index.ts';
import { connectionToken, type ConnectionTokenRequest } from './connection-token.ts';
import {
  finishConsent,
  redirectUriOf,
  startConsent,
  type FinishedConsent,
  type StartedConsent,
  type StartRequest,
} from './consent.ts';
import { findConsent, type PendingConsent } from './consent-state.ts';
import { isApiHost } from './endpoint.ts';
import { getConnection, listConnections, removeConnection, type Removal } from './held-connections.ts';
import { machineToken, type MachineTokenRequest } from './machine-token.ts';
import { noProvider, openProvider } from './open-provider.ts';
import type { ConnectionsOptions } from './options.ts';
import { createProviders, type Providers } from './providers.ts';
import { createRenewals } from './renewal.ts';
import type { ReturnedBrowser, UnprovenConsent } from './returned-browser.ts';
import { endConnection, selectConnectionOf, type ConnectionRow } from './store-connections.ts';
import { selectProvider } from './store-providers.ts';
import { forgetToolToken, type TokenHolder } from './store-tool-tokens.ts';
import type { Page } from '../paging.ts';

/** A token for one call. */
export interface UpstreamToken {
  readonly token: Secret;
  /** Another one in place of a token that the service refused; undefined where there is none, or it would be refused as well. */
  renew(): Promise<UpstreamToken | undefined>;
}

/** The consents of people and organizations at other parties, and the tokens that calls of tools get from them. */
export interface Connections {
  readonly providers: Providers;
  /** Where providers send browsers back to. */
  redirectUri(): string;
  start(principal: Principal, request: StartRequest): Promise<StartedConsent>;
  /** What a consent is about whose answer a browser brings; changes nothing. Throws `invalid_request` where there is none. */
  waiting(state: string): Promise<PendingConsent>;
  /** Ends a consent with the query that the browser brought back, where the browser is that of who began it. */
  finish(answer: URLSearchParams, browser: ReturnedBrowser): Promise<FinishedConsent | UnprovenConsent>;
  list(
    principal: Principal,
    request: { cursor?: string | undefined; limit: number; everybody: boolean },
  ): Promise<Page<ConnectionRow>>;
  get(principal: Principal, connectionId: string): Promise<ConnectionRow>;
  remove(principal: Principal, connectionId: string): Promise<Removal>;
  /** Throws `invalid_request` where tokens of the provider may not be sent to that address, `not_found` where there is no such provider. */
  checkUse(tx: Tx, providerId: string, baseUrl: string): Promise<void>;
  /** Forgets the token that an earlier credential gave, also one that is on its way. */
  forgetMachineToken(tx: Tx, holder: TokenHolder): Promise<void>;
  /** Whether there is a connection that calls could use, without using it. */
  hasConsent(tx: Tx, request: Pick<ConnectionTokenRequest, 'providerId' | 'mode' | 'userId'>): Promise<boolean>;
  /** The token of a connection. Throws `consent_required`, or `address_refused` where it may not be sent to `baseUrl`. */
  connectionToken(
    request: Omit<ConnectionTokenRequest, 'refused'> & { readonly baseUrl: string },
  ): Promise<UpstreamToken>;
  /** The token of a service that authenticates by itself. */
  machineToken(request: Omit<MachineTokenRequest, 'refused'>): Promise<UpstreamToken>;
}

/** Builds the connections feature. */
export function createConnections(options: ConnectionsOptions): Connections {
  const { database, clock } = options;
  const renewals = createRenewals({ database, clock, log: options.telemetry.log });
  const ofConnection = async (request: ConnectionTokenRequest): Promise<UpstreamToken> => {
    const { accessToken } = await connectionToken(options, renewals, request);
    return {
      token: new Secret(accessToken),
      renew: async () => {
        const next = await ofConnection({ ...request, refused: accessToken });
        if (next.token.open() !== accessToken) return next;
        await judgeRefused(options, request, next.token);
        return undefined;
      },
    };
  };
  const ofMachine = async (request: MachineTokenRequest): Promise<UpstreamToken> => {
    const { accessToken } = await machineToken(options, renewals, request);
    return {
      token: new Secret(accessToken),
      renew: async () => {
        const next = await ofMachine({ ...request, refused: accessToken });
        return next.token.open() === accessToken ? undefined : next;
      },
    };
  };
  return {
    providers: createProviders(options),
    redirectUri: () => redirectUriOf(options),
    start: (principal, request) => startConsent(options, principal, request),
    waiting: async (state) => (await findConsent(options.keyvalue, state)).pending,
    finish: (answer, browser) => finishConsent(options, answer, browser),
    list: (principal, request) => listConnections(options, principal, request),
    get: (principal, connectionId) => getConnection(options, principal, connectionId),
    remove: (principal, connectionId) => removeConnection(options, principal, connectionId),
    checkUse,
    forgetMachineToken: forgetToolToken,
    hasConsent: async (tx, { providerId, mode, userId }) => {
      if (mode === 'user' && userId === undefined) return false;
      const row = await selectConnectionOf(tx, providerId, mode === 'user' ? userId : undefined);
      return row?.status === 'active';
    },
    connectionToken: async ({ baseUrl, ...request }) => {
      await database.tenant(request.tenantId, (tx) => refuseStrangers(tx, request.providerId, baseUrl));
      return ofConnection(request);
    },
    machineToken: ofMachine,
  };
}

async function checkUse(tx: Tx, providerId: string, baseUrl: string): Promise<void> {
  const provider = await selectProvider(tx, providerId);
  if (provider === undefined) throw noProvider(providerId);
  if (isApiHost(provider.apiHosts, baseUrl)) return;
  const message = `is one of ${provider.name}, whose tokens go to ${provider.apiHosts.join(', ')} only`;
  throw new MeshError('invalid_request', `The credential ${message}.`, {
    issues: [{ path: 'credential.providerId', message }],
  });
}

async function refuseStrangers(tx: Tx, providerId: string, baseUrl: string): Promise<void> {
  const provider = await selectProvider(tx, providerId);
  if (provider !== undefined && isApiHost(provider.apiHosts, baseUrl)) return;
  throw new MeshError('address_refused', `The tokens of this provider are not sent to ${new URL(baseUrl).host}.`);
}

/**
 * A token was refused that cannot be renewed. Services refuse for reasons of their own, so the provider is asked whether
 * the token is good; only its no ends the connection.
 */
async function judgeRefused(
  options: ConnectionsOptions,
  { tenantId, providerId, mode, userId }: ConnectionTokenRequest,
  token: Secret,
): Promise<void> {
  const owner = mode === 'user' ? userId : undefined;
  const { row, provider } = await options.database.tenant(tenantId, async (tx) => ({
    row: await selectConnectionOf(tx, providerId, owner),
    provider: await openProvider(tx, options, tenantId, providerId),
  }));
  if (row?.sealedRefresh !== null) return;
  try {
    await provider.client(mode).account(token);
  } catch (error) {
    const { code, message } = toMeshError(error);
    if (code !== 'consent_required') return;
    await options.database.tenant(tenantId, (tx) => endConnection(tx, row.id, 'revoked', message));
  }
}
