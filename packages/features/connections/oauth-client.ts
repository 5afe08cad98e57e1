import { MeshError, Secret } from '@devmesh/foundation';
import { parseBoundedJson, type GuardedFetch, type GuardedResponse } from '@devmesh/infrastructure';
import * as oauth from 'oauth4webapi';
import { readAccount } from './account.ts';
import type { ClientAuthentication, Preset } from './presets/preset.ts';
import { providerFailure } from './provider-failure.ts';
import type { Account, ConnectionMode, OAuthProvider, ProviderEndpoints, TokenSet } from './provider.ts';
import { authorizationServerLimits, createTokenFetch } from './token-request.ts';

/** A client of an authorization server, as an organization configured it. */
export interface ClientSettings {
  readonly preset: Preset;
  readonly endpoints: ProviderEndpoints;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly clientAuthentication: ClientAuthentication;
  readonly pkce: boolean;
  readonly resource: string | undefined;
}

interface OAuthClientOptions {
  readonly settings: ClientSettings;
  readonly mode: ConnectionMode;
  readonly fetch: GuardedFetch;
}

interface Client extends OAuthClientOptions {
  readonly server: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly authentication: oauth.ClientAuth;
  readonly request: ReturnType<typeof requestOptions>;
}

/** The client of authorization servers for every preset: what differs between them is data. */
export function createOAuthClient(options: OAuthClientOptions): OAuthProvider {
  const { settings, fetch, mode } = options;
  const { endpoints, preset } = settings;
  const client: Client = {
    ...options,
    server: {
      issuer: endpoints.issuer,
      authorization_endpoint: endpoints.authorization,
      token_endpoint: endpoints.token,
      ...(endpoints.revocation === undefined ? {} : { revocation_endpoint: endpoints.revocation }),
    },
    client: { client_id: settings.clientId },
    authentication: clientAuthentication(settings),
    request: requestOptions(createTokenFetch({ fetch, quirks: preset.quirks, mode })),
  };
  const told = async <Result>(work: Promise<Result>): Promise<Result> =>
    work.catch((error: unknown) => {
      throw providerFailure(error, preset);
    });
  return {
    authorizationUrl: (request) => authorizationUrl(client, request),
    exchange: (request) => told(exchange(client, request)),
    refresh: (refreshToken) => told(refresh(client, refreshToken)),
    revoke: (tokens) => told(revoke(client, tokens)),
    account: (accessToken) => accountOf(client, accessToken),
  };
}

/** How a client proves itself; `none` for public clients. */
export function clientAuthentication(
  settings: Pick<ClientSettings, 'clientAuthentication' | 'clientSecret'>,
): oauth.ClientAuth {
  const secret = settings.clientSecret?.open();
  if (settings.clientAuthentication === 'none' || secret === undefined) return oauth.None();
  return settings.clientAuthentication === 'basic' ? oauth.ClientSecretBasic(secret) : oauth.ClientSecretPost(secret);
}

/** Sends by the guarded fetch. Whether plain http is fit for an endpoint was decided when it was configured. */
export function requestOptions(tokenFetch: ReturnType<typeof createTokenFetch>) {
  return { [oauth.customFetch]: tokenFetch, [oauth.allowInsecureRequests]: true } as const;
}

async function authorizationUrl(
  { settings, mode }: Client,
  { redirectUri, state, verifier, scopes }: Parameters<OAuthProvider['authorizationUrl']>[0],
): Promise<string> {
  const { preset, endpoints, clientId, pkce, resource } = settings;
  const { scopeSeparator = ' ', scopeParameter } = preset.quirks;
  const url = new URL(endpoints.authorization);
  const wanted = [...new Set([...scopes, ...preset.everyScopes])].join(scopeSeparator);
  const parameters: Record<string, string | undefined> = {
    ...preset.authorizationParameters,
    response_type: 'code',
    client_id: clientId,
    redirect_uri: redirectUri,
    state,
    [scopeParameter?.[mode] ?? 'scope']: wanted === '' ? undefined : wanted,
    code_challenge: pkce ? await oauth.calculatePKCECodeChallenge(verifier) : undefined,
    code_challenge_method: pkce ? 'S256' : undefined,
    resource,
  };
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) url.searchParams.set(name, value);
  return url.href;
}

async function exchange(
  { server, client, authentication, request, settings }: Client,
  { answer, state, verifier, redirectUri }: Parameters<OAuthProvider['exchange']>[0],
): Promise<TokenSet> {
  const checked = checkAnswer({ server, client, title: settings.preset.title }, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    authentication,
    checked,
    redirectUri,
    settings.pkce ? verifier : oauth.nopkce,
    { ...request, ...resourceOf(settings) },
  );
  return tokenSetOf(await oauth.processAuthorizationCodeResponse(server, client, response));
}

/** Refuses what another server sent the browser with, or answers to another question. */
function checkAnswer(
  { server, client, title }: Pick<Client, 'server' | 'client'> & { readonly title: string },
  answer: URLSearchParams,
  state: string,
): URLSearchParams {
  try {
    return oauth.validateAuthResponse(server, client, answer, state);
  } catch (error) {
    if (error instanceof oauth.AuthorizationResponseError) throw error;
    throw new MeshError('invalid_request', `This is not the answer of ${title} to what was asked.`);
  }
}

async function refresh(
  { server, client, authentication, request, settings }: Client,
  refreshToken: Secret,
): Promise<TokenSet> {
  const response = await oauth.refreshTokenGrantRequest(server, client, authentication, refreshToken.open(), {
    ...request,
    ...resourceOf(settings),
  });
  return tokenSetOf(await oauth.processRefreshTokenResponse(server, client, response));
}

function resourceOf({ resource }: ClientSettings): { readonly additionalParameters?: Record<string, string> } {
  return resource === undefined ? {} : { additionalParameters: { resource } };
}

/** The tokens of an answer that was found to follow the standard. */
export function tokenSetOf(answer: oauth.TokenEndpointResponse): TokenSet {
  const scopes = answer.scope?.split(/[ ,]+/u).filter((scope) => scope !== '');
  return {
    accessToken: new Secret(answer.access_token),
    refreshToken: answer.refresh_token === undefined ? undefined : new Secret(answer.refresh_token),
    expiresInSeconds: answer.expires_in,
    scopes: scopes === undefined || scopes.length === 0 ? undefined : scopes,
  };
}

async function revoke(
  { server, client, authentication, request, settings, fetch }: Client,
  { accessToken, refreshToken }: Parameters<OAuthProvider['revoke']>[0],
): Promise<boolean> {
  const { revocation, title } = settings.preset;
  const { revocation: endpoint } = settings.endpoints;
  if (revocation.kind === 'none' || endpoint === undefined) return false;
  if (revocation.kind === 'rfc7009') {
    const token = refreshToken ?? accessToken;
    const plain = { ...request, [oauth.customFetch]: plainFetch(fetch) };
    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, token.open(), plain),
    );
    return true;
  }
  const url = endpoint.replaceAll('{client_id}', encodeURIComponent(settings.clientId));
  const answer = await fetch(url, {
    ...authorizationServerLimits,
    method: revocation.method,
    ...(revocation.kind === 'bearer' ? underToken(accessToken) : underClient(settings, accessToken)),
  });
  if (failed(answer, settings)) {
    throw new MeshError('upstream_failed', `${title} did not take the grant back (status ${String(answer.status)}).`);
  }
  return true;
}

/** Revocation answers have no body worth reading. */
function plainFetch(fetch: GuardedFetch) {
  return async (url: string, { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>) => {
    const answer = await fetch(url, { ...authorizationServerLimits, method, headers, body: body.toString() });
    const type = answer.headers.get('content-type') ?? 'text/plain';
    return new Response(new Uint8Array(answer.body), { status: answer.status, headers: { 'content-type': type } });
  };
}

function underToken(token: Secret) {
  return { headers: { authorization: `Bearer ${token.open()}`, accept: 'application/json' } };
}

function underClient({ clientId, clientSecret }: ClientSettings, token: Secret) {
  const pair = Buffer.from(`${clientId}:${clientSecret?.open() ?? ''}`, 'utf8').toString('base64');
  return {
    headers: { authorization: `Basic ${pair}`, accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ access_token: token.open() }),
  };
}

async function accountOf({ settings, fetch }: Client, accessToken: Secret): Promise<Account | undefined> {
  const { account: endpoint } = settings.endpoints;
  const { title, quirks, accountReading } = settings.preset;
  if (endpoint === undefined) return undefined;
  const answer = await fetch(endpoint, { ...authorizationServerLimits, ...underToken(accessToken) });
  const value = answer.status === 401 ? undefined : valueOf(answer);
  const code = quirks.okFlag === true ? (value as { error?: unknown } | undefined)?.error : undefined;
  if (answer.status === 401 || (typeof code === 'string' && quirks.lostGrants?.includes(code) === true)) {
    throw new MeshError('consent_required', `${title} does not take the token any more.`);
  }
  if (failed(answer, settings)) {
    throw new MeshError('upstream_failed', `${title} does not tell whose token it is (${String(answer.status)}).`);
  }
  return readAccount(value, accountReading);
}

function failed(answer: GuardedResponse, { preset }: ClientSettings): boolean {
  if (answer.status < 200 || answer.status >= 300) return true;
  return preset.quirks.okFlag === true && (valueOf(answer) as { ok?: unknown } | undefined)?.ok !== true;
}

function valueOf({ body }: GuardedResponse): unknown {
  try {
    return parseBoundedJson(body, { maximumDepth: 16, maximumValues: 5_000 });
  } catch (error) {
    // Something else than JSON tells nothing; the caller says what that means.
    if (error instanceof MeshError) return undefined;
    throw error;
  }
}
