import { MeshError, type Secret } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  type ClientAuth,
  type Configuration,
  type CustomFetch,
} from 'openid-client';
import { isSafeIssuer, type Claims } from './provider-settings.ts';

/** Who we are at a provider. */
export interface ProviderClient {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
}

/** What ties the answer of a provider to the attempt that asked for it. */
export interface AttemptSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Speaks OpenID Connect with providers, through the guarded fetch alone. */
export interface ProviderProtocol {
  /** Finds a provider's configuration. Throws `invalid_request` for an issuer that is none, `upstream_failed` where it cannot be used. */
  discover(client: ProviderClient): Promise<Configuration>;
  /** Where the browser is sent to. */
  authorizationUrl(client: ProviderClient, redirectUri: string, attempt: AttemptSecrets): Promise<string>;
  /** Who the provider says has signed in. Throws `unauthenticated` for an answer that does not belong to the attempt. */
  claims(client: ProviderClient, answer: URL, attempt: AttemptSecrets): Promise<Claims & { readonly sub: string }>;
}

const timeoutMilliseconds = 10_000;
const maximumBytes = 1_000_000;

/** Builds the protocol. */
export function createProviderProtocol({ fetch }: { readonly fetch: GuardedFetch }): ProviderProtocol {
  const guarded = adapt(fetch);
  const discover = (client: ProviderClient): Promise<Configuration> => configure(client, guarded);
  return {
    discover,
    authorizationUrl: async (client, redirectUri, { state, nonce, codeVerifier }) => {
      const url = buildAuthorizationUrl(await discover(client), {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
      return url.href;
    },
    claims: async (client, answer, attempt) => readClaims(await discover(client), answer, attempt),
  };
}

/** A fetch of the platform's kind as the library wants one; redirects are never followed. */
function adapt(fetch: GuardedFetch): CustomFetch {
  return async (url, { method, headers, body, signal }) => {
    const response = await fetch(url, {
      method,
      headers,
      timeoutMilliseconds,
      maximumBytes,
      maximumRedirects: 0,
      ...(signal === undefined ? {} : { signal }),
      ...(body instanceof URLSearchParams || typeof body === 'string' ? { body: body.toString() } : {}),
    });
    const bodiless = response.status === 204 || response.status === 304;
    return new Response(bodiless ? null : new Uint8Array(response.body), {
      status: response.status,
      headers: response.headers,
    });
  };
}

async function configure(client: ProviderClient, fetch: CustomFetch): Promise<Configuration> {
  if (!isSafeIssuer(client.issuer)) {
    throw new MeshError('invalid_request', 'The issuer must be an https address without a query.', {
      issues: [{ path: 'body.issuer', message: 'must be an https address without a query' }],
    });
  }
  const issuer = new URL(client.issuer);
  try {
    return await discovery(issuer, client.clientId, undefined, authenticationOf(client), {
      [customFetch]: fetch,
      timeout: timeoutMilliseconds / 1_000,
      execute: [enableNonRepudiationChecks, ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : [])],
    });
  } catch (error) {
    throw (
      meshErrorIn(error) ??
      new MeshError('upstream_failed', 'The provider has no usable configuration.', { cause: error })
    );
  }
}

function authenticationOf({ clientSecret }: ProviderClient): ClientAuth {
  if (clientSecret === undefined) return None();
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported;
    const basic = methods === undefined || methods.includes('client_secret_basic');
    (basic ? ClientSecretBasic : ClientSecretPost)(clientSecret.open())(server, client, body, headers);
  };
}

async function readClaims(config: Configuration, answer: URL, { state, nonce, codeVerifier }: AttemptSecrets) {
  try {
    const tokens = await authorizationCodeGrant(config, answer, {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (claims === undefined) throw new Error('no ID token');
    // Some providers tell the address only here; what the signed token says counts first.
    const asks = claims['email'] === undefined && config.serverMetadata().userinfo_endpoint !== undefined;
    const more = asks ? await fetchUserInfo(config, tokens.access_token, claims.sub) : {};
    return { ...more, ...claims };
  } catch (error) {
    throw meshErrorIn(error) ?? new MeshError('unauthenticated', refusalOf(error), { cause: error });
  }
}

function refusalOf(error: unknown): string {
  const code = error instanceof AuthorizationResponseError ? error.error : '';
  if (!/^[\w.-]{1,64}$/u.test(code))
    return 'The answer of the identity provider is not one to this attempt to sign in.';
  return `The identity provider refused: ${code}.`;
}

/** Failures of the guarded fetch arrive wrapped. */
function meshErrorIn(error: unknown): MeshError | undefined {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth += 1) {
    if (at instanceof MeshError) return at;
  }
  return undefined;
}
