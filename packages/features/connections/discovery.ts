import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import * as oauth from 'oauth4webapi';
import { checkEndpoints } from './endpoint.ts';
import type { ProviderEndpoints } from './provider.ts';
import { authorizationServerLimits } from './token-request.ts';

/** Finds the endpoints of an issuer: by RFC 8414, else by OpenID Connect Discovery. The document must name that very issuer. */
export async function discoverEndpoints(fetch: GuardedFetch, issuer: string): Promise<ProviderEndpoints> {
  const reasons: string[] = [];
  for (const algorithm of ['oauth2', 'oidc'] as const) {
    try {
      return checkEndpoints(endpointsOf(await discover(fetch, new URL(issuer), algorithm)));
    } catch (error) {
      if (error instanceof MeshError && error.code !== 'upstream_failed') throw error;
      reasons.push(error instanceof MeshError ? error.message : 'no usable metadata');
    }
  }
  throw new MeshError(
    'upstream_failed',
    `${issuer} publishes no metadata that could be used (${[...new Set(reasons)].join('; ')}); give its endpoints instead.`,
  );
}

async function discover(
  fetch: GuardedFetch,
  issuer: URL,
  algorithm: 'oauth2' | 'oidc',
): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, {
    algorithm,
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: async (url, { headers }) => {
      const answer = await fetch(url, { ...authorizationServerLimits, headers });
      const type = answer.headers.get('content-type') ?? '';
      return new Response(new Uint8Array(answer.body), { status: answer.status, headers: { 'content-type': type } });
    },
  });
  return oauth.processDiscoveryResponse(issuer, response);
}

function endpointsOf(server: oauth.AuthorizationServer): ProviderEndpoints {
  const { authorization_endpoint: authorization, token_endpoint: token } = server;
  if (authorization === undefined || token === undefined) {
    throw new MeshError('upstream_failed', 'The metadata name no authorization or no token endpoint');
  }
  return {
    issuer: server.issuer,
    authorization,
    token,
    ...(server.revocation_endpoint === undefined ? {} : { revocation: server.revocation_endpoint }),
    ...(server.userinfo_endpoint === undefined ? {} : { account: server.userinfo_endpoint }),
  };
}
