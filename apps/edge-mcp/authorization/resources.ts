import { gatewayPaths, mcpScopes, type GatewayPath } from '@devmesh/api';
import { readEndpointPath } from '../endpoint-path.ts';

interface ResourcesOptions {
  /** The paths whose clients are told to use OAuth. */
  readonly paths: readonly GatewayPath[];
  /** Where clients reach this gateway; where that is several addresses, the first counts unless the request names another. */
  readonly origins: () => readonly string[];
  /** The issuer of access tokens; undefined where there is none, and then only keys are taken. */
  readonly authorizationServer: () => string | undefined;
}

/** What of a request tells which resource it is for. */
export interface Reached {
  readonly path: string;
  readonly host: string | undefined;
}

/** What an HTTP request reached. */
export function reachedBy(request: Request): Reached {
  const { pathname, host } = new URL(request.url);
  return { path: readEndpointPath(pathname).path, host: request.headers.get('host') ?? host };
}

/** The gateway's endpoints as OAuth resources. */
export interface Resources {
  /** The resource of an endpoint (RFC 8707): the address that clients reach it at. */
  of(reached: Reached): string;
  /** Where its metadata are, if its clients are told to use OAuth. */
  metadataUrl(reached: Reached): string | undefined;
  /** The metadata document that a path answers (RFC 9728); undefined where there is none. */
  metadata(reached: Reached): Readonly<Record<string, unknown>> | undefined;
}

const wellKnown = '/.well-known/oauth-protected-resource';

/**
 * Builds the resources. An endpoint that offers no OAuth has no metadata anywhere, not even at the root: some clients that find
 * any ignore the key that they were given.
 */
export function createResources({ paths, origins, authorizationServer }: ResourcesOptions): Resources {
  const byHost = createOriginsByHost(origins);
  const originOf = (host: string | undefined): string => {
    const { named, first } = byHost();
    return named.get(host?.toLowerCase() ?? '') ?? first;
  };
  const offers = (path: string): boolean =>
    paths.some((known) => known === path) && authorizationServer() !== undefined;
  return {
    of: ({ path, host }) => originOf(host) + path,
    metadataUrl: ({ path, host }) => (offers(path) ? originOf(host) + wellKnown + path : undefined),
    metadata: ({ path, host }) => {
      const endpoint = gatewayPaths.find((known) => path === wellKnown + known);
      const issuer = authorizationServer();
      if (endpoint === undefined || issuer === undefined || !offers(endpoint)) return undefined;
      return {
        resource: originOf(host) + endpoint,
        resource_name: 'Developer Mesh',
        authorization_servers: [issuer],
        scopes_supported: mcpScopes,
        bearer_methods_supported: ['header'],
      };
    },
  };
}

/** The origins by their hosts, worked out again only where they are others than before: every request asks. */
function createOriginsByHost(origins: ResourcesOptions['origins']) {
  let known: readonly string[] | undefined;
  let found = { named: new Map<string, string>(), first: 'http://localhost' };
  return (): typeof found => {
    const now = origins();
    if (now === known) return found;
    known = now;
    found = { named: new Map(now.map((origin) => [new URL(origin).host, origin])), first: now[0] ?? found.first };
    return found;
  };
}

const loopback: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** The origins of a gateway at an address; the same list for as long as the address is the same. */
export function createOrigins(address: () => string): () => readonly string[] {
  let at: string | undefined;
  let origins: readonly string[] = [];
  return () => {
    const now = address();
    if (now !== at) [at, origins] = [now, originsOf(now)];
    return origins;
  };
}

/** The addresses of a gateway that listens there; people write the loopback in several ways, and a client wants its own one back. */
function originsOf(url: string): readonly string[] {
  const { protocol, hostname, port } = new URL(url);
  const names = loopback.includes(hostname) ? [...new Set([hostname, ...loopback])] : [hostname];
  return names.map((name) => new URL(`${protocol}//${name}:${port}`).origin);
}
