import { MeshError, type Clock, type Secret } from '@devmesh/foundation';
import type { Database } from '@devmesh/infrastructure';
import type { Audit } from '../audit/index.ts';
import { accessTokenSeconds, type OpenSignIn, type SignIns } from '../signin/index.ts';
import { readResource, requireSingle } from './authorization-request.ts';
import { keyOfClient } from './client.ts';
import type { Clients } from './clients.ts';
import { OAuthRefusal } from './oauth-refusal.ts';
import { redeemCode } from './redeem-code.ts';

interface TokenEndpointOptions {
  readonly database: Database;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly signIns: SignIns;
  readonly clients: Clients;
  readonly resources: () => readonly string[];
}

/** What the token endpoint answers (RFC 6749, section 5.1). */
export interface IssuedTokens {
  readonly accessToken: Secret;
  readonly refreshToken: Secret;
  readonly expiresInSeconds: number;
  readonly scope: string;
}

/** A request to the token endpoint: its form, and the Authorization header of a client with a secret. */
export interface TokenRequest {
  readonly form: URLSearchParams;
  readonly authorization: string | undefined;
}

/** Issues tokens for a code or a refresh token; throws an OAuthRefusal. */
export async function issueTokens(options: TokenEndpointOptions, request: TokenRequest): Promise<IssuedTokens> {
  const { form, authorization } = request;
  requireSingle(form);
  const client = keyOfClient(options.clients.authenticate(form, authorization));
  const resource = form.has('resource') ? readResource(form, options.resources()) : undefined;
  const grantType = form.get('grant_type');
  try {
    if (grantType === 'authorization_code') return await redeem(options, form, { client, resource });
    if (grantType === 'refresh_token') return await refresh(options, form, { client, resource });
  } catch (error) {
    if (!(error instanceof MeshError) || error.code !== 'unauthenticated') throw error;
    throw new OAuthRefusal('invalid_grant', error.message, { cause: error });
  }
  throw new OAuthRefusal('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token.');
}

interface Caller {
  readonly client: string;
  readonly resource: string | undefined;
}

async function redeem(options: TokenEndpointOptions, form: URLSearchParams, caller: Caller): Promise<IssuedTokens> {
  const code = needed(form, 'code');
  const redirectUri = needed(form, 'redirect_uri');
  const verifier = needed(form, 'code_verifier');
  const { signIn, refreshToken } = await redeemCode(options, { ...caller, code, redirectUri, verifier });
  return present(signIn, await options.signIns.issue(signIn), refreshToken);
}

async function refresh(options: TokenEndpointOptions, form: URLSearchParams, caller: Caller): Promise<IssuedTokens> {
  const { signIn, accessToken, refreshToken } = await options.signIns.refresh(
    needed(form, 'refresh_token'),
    caller.client,
  );
  if (caller.resource !== undefined && caller.resource !== signIn.audience) {
    throw new OAuthRefusal('invalid_target', 'The refresh token is for another resource.');
  }
  return present(signIn, accessToken, refreshToken);
}

function present({ scopes = [] }: OpenSignIn, accessToken: Secret, refreshToken: Secret): IssuedTokens {
  return { accessToken, refreshToken, expiresInSeconds: accessTokenSeconds, scope: scopes.join(' ') };
}

function needed(form: URLSearchParams, name: string): string {
  const value = form.get(name);
  if (value === null || value === '') throw new OAuthRefusal('invalid_request', `${name} is missing.`);
  return value;
}
