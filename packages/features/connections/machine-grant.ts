import { createPrivateKey, randomUUID, type KeyObject } from 'node:crypto';
import { MeshError, Secret, type Clock } from '@devmesh/foundation';
import { parseBoundedJson, type GuardedFetch } from '@devmesh/infrastructure';
import { SignJWT } from 'jose';
import * as oauth from 'oauth4webapi';
import { clientAuthentication, requestOptions, tokenSetOf } from './oauth-client.ts';
import type { ClientAuthentication } from './presets/preset.ts';
import { providerFailure } from './provider-failure.ts';
import type { TokenSet } from './provider.ts';
import { authorizationServerLimits, createTokenFetch } from './token-request.ts';

/** A service's own id and secret, traded for a token (RFC 6749, 4.4). */
interface ClientCredentialsGrant {
  readonly kind: 'clientCredentials';
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuthentication: Exclude<ClientAuthentication, 'none'>;
  readonly scopes: readonly string[];
  readonly audience?: string | undefined;
  readonly resource?: string | undefined;
}

/** A signed assertion, traded for a token (RFC 7523). */
export interface JwtBearerGrant {
  readonly kind: 'jwtBearer';
  /** A private key in PEM. */
  readonly key: string;
  readonly algorithm: string;
  readonly keyId?: string | undefined;
  readonly issuer: string;
  readonly subject?: string | undefined;
  /** Default: the token endpoint. */
  readonly audience?: string | undefined;
  readonly tokenEndpoint: string;
  readonly scopes: readonly string[];
  /** The assertion itself authorizes the request, as GitHub wants it of its Apps. */
  readonly direct: boolean;
}

/** How a service gets tokens by itself. */
export type MachineGrant = ClientCredentialsGrant | JwtBearerGrant;

interface GrantOptions {
  readonly fetch: GuardedFetch;
  readonly clock: Clock;
}

const standard = { title: 'The token endpoint', quirks: {} };

/** Trades a grant for a token. Every failure is one of the endpoint: nobody could consent to anything here. */
export async function requestMachineToken(options: GrantOptions, grant: MachineGrant): Promise<TokenSet> {
  try {
    if (grant.kind === 'clientCredentials') return await byClientCredentials(options, grant);
    return grant.direct ? await byDirectAssertion(options, grant) : await byAssertion(options, grant);
  } catch (error) {
    const failure = providerFailure(error, standard);
    if (failure instanceof MeshError && failure.code === 'consent_required') {
      throw new MeshError(
        'upstream_failed',
        'The token endpoint refuses the assertion of this service (invalid_grant).',
      );
    }
    throw failure;
  }
}

function sending({ fetch }: GrantOptions) {
  return requestOptions(createTokenFetch({ fetch, quirks: standard.quirks, mode: 'organization' }));
}

function serverOf(tokenEndpoint: string): oauth.AuthorizationServer {
  return { issuer: new URL(tokenEndpoint).origin, token_endpoint: tokenEndpoint };
}

async function byClientCredentials(options: GrantOptions, grant: ClientCredentialsGrant): Promise<TokenSet> {
  const server = serverOf(grant.tokenEndpoint);
  const client = { client_id: grant.clientId };
  const clientSecret = new Secret(grant.clientSecret);
  const parameters = {
    ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(' ') }),
    ...(grant.audience === undefined ? {} : { audience: grant.audience }),
    ...(grant.resource === undefined ? {} : { resource: grant.resource }),
  };
  const proof = clientAuthentication({ clientAuthentication: grant.clientAuthentication, clientSecret });
  const response = await oauth.clientCredentialsGrantRequest(server, client, proof, parameters, sending(options));
  return tokenSetOf(await oauth.processClientCredentialsResponse(server, client, response));
}

async function byAssertion(options: GrantOptions, grant: JwtBearerGrant): Promise<TokenSet> {
  const server = serverOf(grant.tokenEndpoint);
  const client = { client_id: grant.issuer };
  const parameters = {
    assertion: await assertionOf(options, grant),
    ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(' ') }),
  };
  const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const response = await oauth.genericTokenEndpointRequest(
    server,
    client,
    // The assertion is all the proof there is; a client id beside it is what some servers refuse.
    () => undefined,
    grantType,
    parameters,
    sending(options),
  );
  return tokenSetOf(await oauth.processGenericTokenEndpointResponse(server, client, response));
}

/** The answer names the token `token` and its end `expires_at`. */
async function byDirectAssertion(options: GrantOptions, grant: JwtBearerGrant): Promise<TokenSet> {
  const answer = await options.fetch(grant.tokenEndpoint, {
    ...authorizationServerLimits,
    method: 'POST',
    headers: { authorization: `Bearer ${await assertionOf(options, grant)}`, accept: 'application/json' },
  });
  if (answer.status !== 201 && answer.status !== 200) {
    throw new MeshError('upstream_failed', `The token endpoint answered ${String(answer.status)}.`);
  }
  const body = parseBoundedJson(answer.body, { maximumDepth: 16, maximumValues: 5_000 });
  const { token, expires_at: end } = body as { readonly token?: unknown; readonly expires_at?: unknown };
  const endsAt = typeof end === 'string' ? Date.parse(end) : Number.NaN;
  if (typeof token !== 'string' || token === '') {
    throw new MeshError('upstream_failed', 'The token endpoint answered without a token.');
  }
  const expiresInSeconds = Number.isNaN(endsAt) ? undefined : Math.max(0, (endsAt - options.clock.now()) / 1000);
  return { accessToken: new Secret(token), refreshToken: undefined, expiresInSeconds, scopes: undefined };
}

const assertionSeconds = 300;
/** The other side's clock may be behind ours. */
const backdatedSeconds = 30;

async function assertionOf({ clock }: GrantOptions, grant: JwtBearerGrant): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  // Google reads the scopes from the assertion, others from the request; the other place is ignored by either.
  const claims = grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(' ') };
  const jwt = new SignJWT(claims)
    .setProtectedHeader({
      alg: grant.algorithm,
      typ: 'JWT',
      ...(grant.keyId === undefined ? {} : { kid: grant.keyId }),
    })
    .setIssuer(grant.issuer)
    .setAudience(grant.audience ?? grant.tokenEndpoint)
    .setIssuedAt(now - backdatedSeconds)
    .setExpirationTime(now + assertionSeconds)
    .setJti(randomUUID());
  if (grant.subject !== undefined) jwt.setSubject(grant.subject);
  return jwt.sign(signingKey(grant));
}

/** The key of an assertion; throws `invalid_request` where it is none, or none for the algorithm. */
export function signingKey({ key, algorithm }: Pick<JwtBearerGrant, 'key' | 'algorithm'>): KeyObject {
  let parsed: KeyObject;
  try {
    parsed = createPrivateKey(key);
  } catch {
    // The reason that the parser gives may quote the key.
    throw new MeshError('invalid_request', 'The key of the assertion is not a private key in PEM.');
  }
  if (!fits(parsed, algorithm)) {
    throw new MeshError('invalid_request', `The key of the assertion is not one for ${algorithm}.`);
  }
  return parsed;
}

const curves: Readonly<Record<string, string>> = { ES256: 'prime256v1', ES384: 'secp384r1' };
const fewestRsaBits = 2048;

function fits({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject, algorithm: string): boolean {
  if (algorithm === 'EdDSA') return type === 'ed25519';
  const curve = curves[algorithm];
  if (curve !== undefined) return type === 'ec' && details?.namedCurve === curve;
  return type === 'rsa' && (details?.modulusLength ?? 0) >= fewestRsaBits;
}
