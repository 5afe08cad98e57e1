import { MeshError } from '@devmesh/foundation';
import type { GuardedFetch } from '@devmesh/infrastructure';
import { discoverEndpoints } from './discovery.ts';
import { checkEndpoint, checkEndpoints } from './endpoint.ts';
import type { ClientAuthentication, Preset } from './presets/preset.ts';
import { presetOf } from './presets/presets.ts';
import type { ProviderEndpoints } from './provider.ts';

/** A provider as an organization asks for it. */
export interface ProviderRequest {
  readonly name: string;
  readonly preset: string;
  readonly host?: string | undefined;
  readonly endpoints?: { readonly [Name in keyof ProviderEndpoints]?: string | undefined } | undefined;
  readonly clientId: string;
  readonly clientSecret?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly pkce?: boolean | undefined;
  readonly resource?: string | undefined;
  readonly apiHosts?: readonly string[] | undefined;
}

/** What follows from a request, its preset and, where needed, the issuer's metadata. */
export interface ResolvedProvider {
  readonly endpoints: ProviderEndpoints;
  readonly clientAuthentication: ClientAuthentication;
  readonly scopes: readonly string[];
  readonly pkce: boolean;
  readonly apiHosts: readonly string[];
}

/** Completes a request; throws `invalid_request` where something is missing or would send secrets in the clear. */
export async function resolveProvider(fetch: GuardedFetch, request: ProviderRequest): Promise<ResolvedProvider> {
  const preset = presetOf(request.preset);
  const host = hostOf(preset, request.host);
  const apiHosts = request.apiHosts ?? (host === undefined ? [] : preset.apiHosts(host));
  if (apiHosts.length === 0) throw refusal('apiHosts', 'must name the hosts that take the tokens of this provider');
  const pkce = request.pkce ?? preset.pkce;
  if (!pkce && request.clientSecret === undefined) {
    throw refusal('pkce', 'may be off only for a client that has a secret');
  }
  return {
    endpoints: await endpointsOf(fetch, preset, { host, given: request.endpoints ?? {} }),
    clientAuthentication: request.clientSecret === undefined ? 'none' : preset.clientAuthentication,
    scopes: request.scopes ?? preset.scopes,
    pkce,
    apiHosts,
  };
}

function hostOf(preset: Preset, host: string | undefined): string | undefined {
  if (host === undefined) return preset.host;
  if (!preset.selfManaged || preset.host === undefined) {
    throw refusal('host', `is not for ${preset.title}; give endpoints where they differ`);
  }
  return host;
}

interface Given {
  readonly host: string | undefined;
  readonly given: NonNullable<ProviderRequest['endpoints']>;
}

async function endpointsOf(fetch: GuardedFetch, preset: Preset, { host, given }: Given): Promise<ProviderEndpoints> {
  const known = Object.fromEntries(Object.entries(given).filter(([, address]) => address !== undefined));
  const base = host === undefined ? undefined : preset.endpoints(host);
  if (base !== undefined) return checkEndpoints({ ...base, ...known });
  const { issuer, authorization, token } = given;
  if (issuer === undefined) throw refusal('endpoints.issuer', 'is needed');
  checkEndpoint('issuer', issuer);
  if (authorization !== undefined && token !== undefined) {
    return checkEndpoints({ ...known, issuer, authorization, token });
  }
  return checkEndpoints({ ...(await discoverEndpoints(fetch, issuer)), ...known });
}

function refusal(field: string, message: string): MeshError {
  return new MeshError('invalid_request', `${field} ${message}.`, { issues: [{ path: `body.${field}`, message }] });
}
