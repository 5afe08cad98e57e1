/** Where clients reach the MCP gateway, and so what access tokens can be issued for. */
export interface GatewayResources {
  /** The addresses of the MCP endpoints that offer OAuth. */
  all(): readonly string[];
  /** Told where the gateway listens, which counts where the operator configured no address. */
  listensAt(url: string): void;
}

interface GatewayResourcesOptions {
  /** The configured origin. */
  readonly origin: string | undefined;
  /** The paths that offer OAuth. */
  readonly paths: readonly string[];
}

/** Builds the resources of the gateway. */
export function createGatewayResources({ origin, paths }: GatewayResourcesOptions): GatewayResources {
  let origins: readonly string[] = origin === undefined ? [] : [origin.replace(/\/$/u, '')];
  return {
    all: () => origins.flatMap((each) => paths.map((path) => each + path)),
    listensAt: (url) => {
      if (origin === undefined) origins = namesOf(url);
    },
  };
}

const loopback: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** People write the loopback in several ways, and a client wants its own one back. */
function namesOf(url: string): readonly string[] {
  const { protocol, hostname, port } = new URL(url);
  const names = loopback.has(hostname) ? [...new Set([hostname, ...loopback])] : [hostname];
  return names.map((name) => new URL(`${protocol}//${name}:${port}`).origin);
}
